// Package people knows who may work at the desk: users, their roles and credentials, their passwords, and the
// sessions of their browsers.
//
// A consultancy's desk shows health data, so the doors are plain and few. A user is known by an email address and
// proves it with a password, of which only an argon2id hash is kept (RFC 9106). An unknown address costs the same
// work as a known one, and gives the same answer, so that nobody learns from outside who works here. Wrong passwords
// are counted by account and by network address, before the password is looked at, so that a thousand guesses at once
// get no further than one after the other. Names and addresses are sealed with the installation's key; look-ups go
// through keyed hashes, and so do the counters.
//
// Order of use: New on an open database; Add the first user (`user add`, or init); Authenticate at sign-in; the desk
// keeps its sessions in Sessions and reads the user again on each request, so that disabling one takes effect at
// once. Sweep removes what has expired.
//
// It also keeps who accepted the notice of which licence, once a year (Notices), since that is asked of a person.
//
// The package owns the tables users, sessions, login_attempts and licence_notices, and touches nothing else. Libraries:
// golang.org/x/crypto/argon2.
package people

import (
	"errors"
	"time"

	"caseconsultant/workflow/store"
)

// Role says what a user may do. The order is of growing permission: a lead may do all that a consultant may.
type Role string

const (
	// Consultant answers cases.
	Consultant Role = "consultant"
	// Lead also takes cases away from others, approves what is held, and reviews.
	Lead Role = "lead"
	// Admin also manages users.
	Admin Role = "admin"
)

// ParseRole reads a role's name.
func ParseRole(s string) (Role, error) {
	switch r := Role(s); r {
	case Consultant, Lead, Admin:
		return r, nil
	}
	return "", errors.New("the role must be consultant, lead or admin")
}

// Includes tells whether r may do what needs other. No role includes an unknown one.
func (r Role) Includes(other Role) bool {
	return other.rank() > 0 && r.rank() >= other.rank()
}

func (r Role) rank() int {
	switch r {
	case Consultant:
		return 1
	case Lead:
		return 2
	case Admin:
		return 3
	}
	return 0
}

// User is a person who may work at the desk.
type User struct {
	ID         int64
	Email      string // as given, trimmed; found again without regard to case
	Name       string // as signed under answers
	Credential string // such as "CPC, COC"; signed after the name; may be empty
	Role       Role
	Created    time.Time
	Disabled   time.Time // zero while active

	stamp string
}

// Active tells whether the user may sign in.
func (u User) Active() bool { return u.Disabled.IsZero() }

// Stamp changes with each new password. A session that keeps the stamp it began with can be told from one that began
// under an older password, and ended. It reveals nothing of the password.
func (u User) Stamp() string { return u.stamp }

// What this package refuses.
var (
	// ErrNotFound is returned for a user that does not exist.
	ErrNotFound = errors.New("there is no such user")
	// ErrExists is returned by Add for an address that a user already has, disabled or not.
	ErrExists = errors.New("a user with this address exists already")
	// ErrCredentials is returned by Authenticate for an unknown address, a disabled user and a wrong password alike.
	ErrCredentials = errors.New("the address or the password is wrong")
	// ErrAddress is returned for what is no email address.
	ErrAddress = errors.New("this is not an email address (write it as name@firm.example)")
	// ErrPassword is matched by the errors that say why a new password is not accepted.
	ErrPassword = errors.New("the password is not accepted")
	// ErrLastAdmin is returned when disabling a user would leave nobody who can manage users.
	ErrLastAdmin = errors.New("this is the only active admin (make another user admin first)")
)

// Options are settings of New; the zero value is right for production.
type Options struct {
	// Cost is what one password hash costs. Defaults to DefaultCost.
	Cost Cost
}

// People is the door to users and sessions. It is safe for concurrent use.
type People struct {
	db    *store.DB
	cost  Cost
	dummy string        // a hash to work on when there is no user
	slots chan struct{} // bounds the memory that password hashes take at once
}

// New returns the people of an open database.
func New(db *store.DB, opts Options) *People {
	if opts.Cost == (Cost{}) {
		opts.Cost = DefaultCost()
	}
	return &People{
		db:    db,
		cost:  opts.Cost,
		dummy: hashPassword(NewPassword(), opts.Cost),
		slots: make(chan struct{}, 4),
	}
}
