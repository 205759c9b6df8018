package web_test

import (
	"context"
	"slices"
	"sync"

	"herald/store"
)

// memory is a Store whose answers a test chooses, to see the page that each of them makes. What the real store decides
// is tested with the real store.
type memory struct {
	company    store.Company
	companyErr error
	inviteErr  error
	person     *store.Person // nil: forgotten
	member     *store.Member // the account of whom the personal link is bound to
	mailed     *store.Invite // the personal link came by email to somebody from outside
	declined   int           // how often DeclineEmail succeeded
	declineErr error
	reason     store.DeclineReason
	beginErr   error
	signup     store.Signup
	signupErr  error
	pingErr    error
	withdrawn  []store.Withdrawal
	deletion   store.Deletion
	deleteErr  error

	stranger bool // no account at a network is Ann's
	pageErr  error

	mu         sync.Mutex
	trips      map[string]store.Authorization // by network, state and browser
	registered []registration
	dropped    []store.Account
}

// registration is what Register was asked to do.
type registration struct {
	auth    store.Authorization
	account store.Account
	person  *store.Person
}

const (
	annToken = "ANNTOKEN2345672345672345"
	annSlack = "U00000ANN"
)

func newMemory() *memory {
	company := store.Company{ID: "company1", TeamID: "T00000ACME", Name: "Acme", Key: "acme-7qf2k9xw3m"}
	return &memory{
		company: company,
		person:  &store.Person{ID: "ann", CompanyID: company.ID, SlackID: annSlack, Name: "Ann Lee", Email: "ann@acme.example"},
		signup:  store.Signup{Status: store.SignupActive, Member: &store.Member{Name: "Ann Lee"}},
		trips:   map[string]store.Authorization{},
	}
}

func (m *memory) Ping(context.Context) error { return m.pingErr }

func (m *memory) CompanyByKey(_ context.Context, key string) (store.Company, error) {
	if m.companyErr == nil && key != m.company.Key {
		return store.Company{}, store.ErrNotFound
	}
	return m.company, m.companyErr
}

func (m *memory) InviteByToken(_ context.Context, _, token string) (store.Invite, error) {
	if m.inviteErr == nil && token != annToken {
		return store.Invite{}, store.ErrNotFound
	}
	if m.mailed != nil {
		return *m.mailed, m.inviteErr
	}
	return store.Invite{SlackID: annSlack, Member: m.member}, m.inviteErr
}

func (m *memory) SignupToken(_ context.Context, _, slackID string) (string, error) {
	if slackID != annSlack {
		return "", store.ErrNotFound
	}
	return annToken, nil
}

func (m *memory) InvitationToDecline(_ context.Context, token string) (store.Company, error) {
	if m.inviteErr == nil && token != annToken {
		return store.Company{}, store.ErrNotFound
	}
	return m.company, m.inviteErr
}

func (m *memory) DeclineEmail(_ context.Context, _ string, reason store.DeclineReason) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.declineErr != nil {
		return m.declineErr
	}
	m.declined++
	m.reason = reason
	return nil
}

func (m *memory) PersonBySlackID(context.Context, string, string) (store.Person, error) {
	if m.person == nil {
		return store.Person{}, store.ErrNotFound
	}
	return *m.person, nil
}

func (m *memory) BeginAuthorization(_ context.Context, a store.Authorization, state, browser string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.trips[a.Network+" "+state+" "+browser] = a
	return m.beginErr
}

func (m *memory) TakeAuthorization(_ context.Context, network, state, browser string) (store.Authorization, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	id := network + " " + state + " " + browser
	a, ok := m.trips[id]
	delete(m.trips, id)
	if !ok {
		return store.Authorization{}, store.ErrNotFound
	}
	return a, nil
}

func (m *memory) Register(_ context.Context, a store.Authorization, acc store.Account, person *store.Person) (store.Signup, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.registered = append(m.registered, registration{a, acc, person})
	return m.signup, m.signupErr
}

func (m *memory) DropAccess(_ context.Context, _ string, acc store.Account) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.dropped = append(m.dropped, acc)
	return nil
}

func (m *memory) ConnectionsOf(context.Context, string, string) ([]store.Owner, error) {
	if m.stranger {
		return []store.Owner{{CompanyID: "company2", MemberID: m.member.ID}}, nil
	}
	return []store.Owner{{CompanyID: m.company.ID, MemberID: m.member.ID}}, nil
}

func (m *memory) ConnectPage(_ context.Context, a store.Authorization, pageID string) (store.Page, error) {
	i := slices.IndexFunc(a.Pages, func(p store.Page) bool { return p.ID == pageID })
	if i < 0 {
		return store.Page{}, store.ErrNotFound
	}
	return a.Pages[i], m.pageErr
}

func (m *memory) Deauthorize(_ context.Context, w store.Withdrawal) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.withdrawn = append(m.withdrawn, w)
	return m.deleteErr
}

func (m *memory) RequestDeletion(ctx context.Context, w store.Withdrawal, _ string) error {
	return m.Deauthorize(ctx, w)
}

func (m *memory) Deletion(context.Context, string) (store.Deletion, error) {
	return m.deletion, m.deleteErr
}
