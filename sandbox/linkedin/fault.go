package linkedin

import "herald/sandbox/fault"

// The faults.
const (
	Down                    = fault.Down
	Slow                    = fault.Slow      // by Options.Delay
	InvalidCode  fault.Name = "invalid_code"  // the token endpoint refuses every code
	NoEmail      fault.Name = "no_email"      // neither id_token nor userinfo has an email
	ExpiredToken fault.Name = "expired_token" // userinfo says that the token has expired
	RevokedToken fault.Name = "revoked_token" // userinfo says that the token was revoked, as it wrongly does seconds after issue
	NoRevocation fault.Name = "no_revocation" // there is no revocation endpoint
)

func newSwitches() *fault.Switches {
	return fault.New(Down, Slow, InvalidCode, NoEmail, ExpiredToken, RevokedToken, NoRevocation)
}
