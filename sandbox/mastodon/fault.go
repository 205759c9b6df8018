package mastodon

import "herald/sandbox/fault"

// The faults.
const (
	Down                    = fault.Down
	Slow                    = fault.Slow      // by Options.Delay
	InvalidCode  fault.Name = "invalid_code"  // the token endpoint refuses every code
	ExpiredToken fault.Name = "expired_token" // every token counts as one that does not work any more
	Forgetful    fault.Name = "forgetful"     // no app is known: each has to register anew
	NoRevocation fault.Name = "no_revocation" // tokens cannot be revoked
)

func newSwitches() *fault.Switches {
	return fault.New(Down, Slow, InvalidCode, ExpiredToken, Forgetful, NoRevocation)
}
