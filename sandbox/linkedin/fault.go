package linkedin

import "herald/sandbox/fault"

// The faults.
const (
	Down                    = fault.Down
	Slow                    = fault.Slow      // by Options.Delay
	InvalidCode  fault.Name = "invalid_code"  // the token endpoint refuses every code
	NoIDToken    fault.Name = "no_id_token"   // the token endpoint issues no id token, so userinfo has to be asked
	BadSignature fault.Name = "bad_signature" // id tokens are signed with another key than the published one
	NoEmail      fault.Name = "no_email"      // neither id_token nor userinfo has an email
	ExpiredToken fault.Name = "expired_token" // userinfo says that the token has expired
	RevokedToken fault.Name = "revoked_token" // userinfo says that the token was revoked, as it wrongly does seconds after issue
	NoRevocation fault.Name = "no_revocation" // there is no revocation endpoint
)

func newSwitches() *fault.Switches {
	return fault.New(Down, Slow, InvalidCode, NoIDToken, BadSignature, NoEmail, ExpiredToken, RevokedToken, NoRevocation)
}
