package facebook

import "herald/sandbox/fault"

// The faults.
const (
	Down                    = fault.Down
	Slow                    = fault.Slow      // by Options.Delay
	InvalidCode  fault.Name = "invalid_code"  // the token endpoint refuses every code
	NoEmail      fault.Name = "no_email"      // nobody's profile has an email
	ExpiredToken fault.Name = "expired_token" // every user token counts as expired
	RevokedToken fault.Name = "revoked_token" // every user token counts as one of somebody who removed the app
	RateLimited  fault.Name = "rate_limited"  // the Graph API says that the app calls too often
	NoRevocation fault.Name = "no_revocation" // removing the app has no success
)

func newSwitches() *fault.Switches {
	return fault.New(Down, Slow, InvalidCode, NoEmail, ExpiredToken, RevokedToken, RateLimited, NoRevocation)
}
