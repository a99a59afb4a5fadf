package people_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"caseconsultant/workflow/people"
	"caseconsultant/workflow/store"
	"caseconsultant/workflow/store/storetest"
)

const goodPassword = "three brown hens sing"

// clock is a time that tests move.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

type bundle struct {
	db     *store.DB
	people *people.People
	clock  *clock
}

func each(t *testing.T, f func(t *testing.T, b bundle)) {
	t.Helper()
	storetest.EachURL(t, func(t *testing.T, url string) {
		b := bundle{clock: &clock{now: time.Date(2026, 4, 16, 9, 0, 0, 0, time.UTC)}}
		key := storetest.TestKey
		db, err := store.Open(t.Context(), store.Options{URL: url, Key: &key, Now: b.clock.Now})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { db.Close() })
		b.db = db
		b.people = people.New(db, people.Options{Cost: people.Cost{MemoryKiB: 64, Passes: 1, Threads: 1}})
		f(t, b)
	})
}

func (b bundle) add(t *testing.T, email string, role people.Role) people.User {
	t.Helper()
	user, err := b.people.Add(t.Context(), people.NewUser{Email: email, Name: "Dana Example", Credential: "CPC", Role: role, Password: goodPassword})
	if err != nil {
		t.Fatalf("add %s: %v", email, err)
	}
	return user
}

func TestUsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		ctx := t.Context()
		added := b.add(t, "Dana@Firm.Example", people.Lead)

		got, err := b.people.ByEmail(ctx, " dana@firm.example ")
		if err != nil || got != added {
			t.Errorf("found by address: %+v, %v; want %+v", got, err, added)
		}
		if got, err := b.people.Get(ctx, added.ID); err != nil || got != added {
			t.Errorf("found by id: %+v, %v; want %+v", got, err, added)
		}
		if _, err := b.people.Add(ctx, people.NewUser{Email: "DANA@firm.example", Password: goodPassword}); !errors.Is(err, people.ErrExists) {
			t.Errorf("a second user with the same address: %v, want ErrExists", err)
		}
		if _, err := b.people.ByEmail(ctx, "nobody@firm.example"); !errors.Is(err, people.ErrNotFound) {
			t.Errorf("an unknown address: %v, want ErrNotFound", err)
		}

		if err := b.people.SetName(ctx, added.ID, "Dana \r\n Bcc: x", "CPC, COC"); err != nil {
			t.Fatal(err)
		}
		if got, _ := b.people.Get(ctx, added.ID); got.Name != "Dana Bcc: x" || got.Credential != "CPC, COC" {
			t.Errorf("the changed name is %q, %q; want it on one line", got.Name, got.Credential)
		}

		b.clock.Add(time.Minute)
		second := b.add(t, "sam@firm.example", "")
		if second.Role != people.Consultant {
			t.Errorf("the role of a user added without one is %q, want consultant", second.Role)
		}
		all, err := b.people.List(ctx)
		if err != nil || len(all) != 2 || all[0].ID != added.ID || all[1].Email != "sam@firm.example" {
			t.Errorf("the list is %+v, %v", all, err)
		}
	})
}

func TestNothingReadableInTheTable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		b.add(t, "dana@firm.example", people.Lead)
		rows, err := b.db.Read.QueryContext(t.Context(), `SELECT email_hash, email, name, password_hash FROM users`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		for rows.Next() {
			var emailHash, email, name, hash string
			if err := rows.Scan(&emailHash, &email, &name, &hash); err != nil {
				t.Fatal(err)
			}
			row := strings.ToLower(emailHash + email + name + hash)
			for _, secret := range []string{"dana", "firm.example", goodPassword} {
				if strings.Contains(row, secret) {
					t.Errorf("the row holds %q in clear", secret)
				}
			}
			if !strings.HasPrefix(hash, "$argon2id$v=19$m=64,t=1,p=1$") {
				t.Errorf("the password hash is %q, want argon2id with its cost", hash)
			}
		}
	})
}

func TestRefusedUsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		for _, tt := range []struct {
			name string
			user people.NewUser
			want error
		}{
			{"NoAddress", people.NewUser{Password: goodPassword}, people.ErrAddress},
			{"WithDisplayName", people.NewUser{Email: "Dana <dana@firm.example>", Password: goodPassword}, people.ErrAddress},
			{"TwoLines", people.NewUser{Email: "dana@firm.example\nBcc: x@y.example", Password: goodPassword}, people.ErrAddress},
			{"Short", people.NewUser{Email: "dana@firm.example", Password: "elevenchars"}, people.ErrPassword},
			{"OwnName", people.NewUser{Email: "dana.example@firm.example", Password: "dana.example1"}, people.ErrPassword},
			{"Common", people.NewUser{Email: "dana@firm.example", Password: "Password1234"}, people.ErrPassword},
			{"Repeated", people.NewUser{Email: "dana@firm.example", Password: "abababababababab"}, people.ErrPassword},
			{"Huge", people.NewUser{Email: "dana@firm.example", Password: strings.Repeat("hens sing ", 100)}, people.ErrPassword},
			{"Role", people.NewUser{Email: "dana@firm.example", Password: goodPassword, Role: "owner"}, nil},
		} {
			_, err := b.people.Add(t.Context(), tt.user)
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
				t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
			}
		}
		if all, _ := b.people.List(t.Context()); len(all) != 0 {
			t.Errorf("%d refused users were stored", len(all))
		}
	})
}

func TestAuthenticate(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		ctx := t.Context()
		dana := b.add(t, "dana@firm.example", people.Admin)
		sam := b.add(t, "sam@firm.example", people.Consultant)
		if err := b.people.Disable(ctx, sam.ID); err != nil {
			t.Fatal(err)
		}
		if got, err := b.people.Authenticate(ctx, "DANA@firm.example", goodPassword, "192.0.2.1"); err != nil || got != dana {
			t.Errorf("the right password: %+v, %v", got, err)
		}
		for _, tt := range []struct{ name, email, password string }{
			{"WrongPassword", "dana@firm.example", goodPassword + "s"},
			{"EmptyPassword", "dana@firm.example", ""},
			{"UnknownUser", "nobody@firm.example", goodPassword},
			{"DisabledUser", "sam@firm.example", goodPassword},
			{"HugePassword", "dana@firm.example", strings.Repeat("x", 1<<20)},
		} {
			if _, err := b.people.Authenticate(ctx, tt.email, tt.password, "192.0.2.1"); !errors.Is(err, people.ErrCredentials) {
				t.Errorf("%s: %v, want ErrCredentials", tt.name, err)
			}
		}

		if err := b.people.Enable(ctx, sam.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := b.people.Authenticate(ctx, "sam@firm.example", goodPassword, ""); err != nil {
			t.Errorf("an enabled user: %v", err)
		}

		if err := b.people.SetPassword(ctx, dana.ID, "another song of hens"); err != nil {
			t.Fatal(err)
		}
		if _, err := b.people.Authenticate(ctx, "dana@firm.example", goodPassword, ""); !errors.Is(err, people.ErrCredentials) {
			t.Errorf("the old password: %v, want ErrCredentials", err)
		}
		after, err := b.people.Authenticate(ctx, "dana@firm.example", "another song of hens", "")
		if err != nil {
			t.Fatalf("the new password: %v", err)
		}
		if after.Stamp() == dana.Stamp() {
			t.Error("the stamp is the same after a change of the password: old sessions would go on")
		}
	})
}

func TestRehashAtANewCost(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		ctx := t.Context()
		dana := b.add(t, "dana@firm.example", people.Admin)
		dearer := people.New(b.db, people.Options{Cost: people.Cost{MemoryKiB: 128, Passes: 2, Threads: 1}})
		user, err := dearer.Authenticate(ctx, "dana@firm.example", goodPassword, "")
		if err != nil {
			t.Fatal(err)
		}
		var hash string
		if err := b.db.Read.QueryRowContext(ctx, `SELECT password_hash FROM users WHERE id = $1`, dana.ID).Scan(&hash); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(hash, "m=128,t=2,p=1") {
			t.Errorf("the hash after sign-in is %q, want it at the new cost", hash)
		}
		if again, err := dearer.Get(ctx, dana.ID); err != nil || again.Stamp() != user.Stamp() {
			t.Errorf("the session that just began would end at once: stamps %q and %q, %v", user.Stamp(), again.Stamp(), err)
		}
	})
}

func TestThrottleByAccount(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		ctx := t.Context()
		b.add(t, "dana@firm.example", people.Admin)
		b.add(t, "sam@firm.example", people.Consultant)
		for i := range 5 {
			if _, err := b.people.Authenticate(ctx, "dana@firm.example", "wrong", fmt.Sprintf("192.0.2.%d", i)); !errors.Is(err, people.ErrCredentials) {
				t.Fatalf("wrong password %d: %v, want ErrCredentials", i+1, err)
			}
		}
		var throttled *people.Throttled
		if _, err := b.people.Authenticate(ctx, "Dana@firm.example", goodPassword, "198.51.100.9"); !errors.As(err, &throttled) {
			t.Fatalf("the sixth attempt, from another address, even with the right password: %v, want Throttled", err)
		}
		if wait := throttled.Until.Sub(b.clock.Now()); wait != 30*time.Second {
			t.Errorf("the first wait is %v, want 30s", wait)
		}
		if _, err := b.people.Authenticate(ctx, "sam@firm.example", goodPassword, "198.51.100.9"); err != nil {
			t.Errorf("another account: %v", err)
		}

		b.clock.Add(31 * time.Second)
		if _, err := b.people.Authenticate(ctx, "dana@firm.example", "wrong", ""); !errors.Is(err, people.ErrCredentials) {
			t.Fatalf("after the wait: %v, want ErrCredentials", err)
		}
		if _, err := b.people.Authenticate(ctx, "dana@firm.example", goodPassword, ""); !errors.As(err, &throttled) {
			t.Fatalf("after one more: %v, want Throttled", err)
		}
		if wait := throttled.Until.Sub(b.clock.Now()); wait != time.Minute {
			t.Errorf("the second wait is %v, want 1m", wait)
		}
		b.clock.Add(61 * time.Second)
		if _, err := b.people.Authenticate(ctx, "dana@firm.example", goodPassword, ""); err != nil {
			t.Errorf("the right password after the wait: %v", err)
		}
		for range 4 {
			if _, err := b.people.Authenticate(ctx, "dana@firm.example", "wrong", ""); !errors.Is(err, people.ErrCredentials) {
				t.Errorf("after a right one the account starts afresh: %v, want ErrCredentials", err)
			}
		}
	})
}

func TestThrottleByAddress(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		ctx := t.Context()
		b.add(t, "dana@firm.example", people.Admin)
		for i := range 30 {
			// One customer's IPv6 network has more addresses than there are users.
			if _, err := b.people.Authenticate(ctx, fmt.Sprintf("u%d@firm.example", i), "wrong", fmt.Sprintf("2001:db8::%x", i+1)); !errors.Is(err, people.ErrCredentials) {
				t.Fatalf("guess %d: %v, want ErrCredentials", i+1, err)
			}
		}
		var throttled *people.Throttled
		if _, err := b.people.Authenticate(ctx, "dana@firm.example", goodPassword, "2001:db8::ffff"); !errors.As(err, &throttled) {
			t.Errorf("one more from the same network: %v, want Throttled", err)
		}
		if _, err := b.people.Authenticate(ctx, "dana@firm.example", goodPassword, "2001:db8:1::1"); err != nil {
			t.Errorf("from elsewhere: %v", err)
		}
	})
}

// Eight people guess at once: no more guesses are looked at than one after the other.
func TestThrottleHoldsAgainstManyAtOnce(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		b.add(t, "dana@firm.example", people.Admin)
		results := make(chan error, 40)
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for range 5 {
					_, err := b.people.Authenticate(context.Background(), "dana@firm.example", "wrong", fmt.Sprintf("192.0.2.%d", i))
					results <- err
				}
			})
		}
		wg.Wait()
		close(results)
		looked := 0
		for err := range results {
			switch throttled := (*people.Throttled)(nil); {
			case errors.Is(err, people.ErrCredentials):
				looked++
			case !errors.As(err, &throttled):
				t.Errorf("unexpected: %v", err)
			}
		}
		if looked != 5 {
			t.Errorf("%d guesses were looked at, want 5", looked)
		}
	})
}

func TestDisable(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		ctx := t.Context()
		dana := b.add(t, "dana@firm.example", people.Admin)
		if err := b.people.Disable(ctx, dana.ID); !errors.Is(err, people.ErrLastAdmin) {
			t.Fatalf("disabling the only admin: %v, want ErrLastAdmin", err)
		}
		robin := b.add(t, "robin@firm.example", people.Admin)

		// Both try to disable the other at the same moment: one admin must be left.
		var wg sync.WaitGroup
		errs := make([]error, 2)
		for i, id := range []int64{dana.ID, robin.ID} {
			wg.Go(func() { errs[i] = b.people.Disable(ctx, id) })
		}
		wg.Wait()
		all, err := b.people.List(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if active := len(slices.DeleteFunc(all, func(u people.User) bool { return !u.Active() })); active != 1 {
			t.Errorf("%d admins are left (%v), want 1", active, errs)
		}
		if err := b.people.Disable(ctx, 42); !errors.Is(err, people.ErrNotFound) {
			t.Errorf("an unknown user: %v, want ErrNotFound", err)
		}
	})
}

func TestSessions(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		ctx := t.Context()
		sessions := b.people.Sessions()
		if _, found, err := sessions.FindCtx(ctx, "hashed"); found || err != nil {
			t.Errorf("before it began: %v, %v", found, err)
		}
		for _, data := range []string{"first", "second"} {
			if err := sessions.CommitCtx(ctx, "hashed", []byte(data), b.clock.Now().Add(time.Hour)); err != nil {
				t.Fatal(err)
			}
			if got, found, err := sessions.FindCtx(ctx, "hashed"); err != nil || !found || string(got) != data {
				t.Errorf("got %q, %v, %v; want %q", got, found, err, data)
			}
		}
		b.clock.Add(time.Hour)
		if _, found, err := sessions.FindCtx(ctx, "hashed"); found || err != nil {
			t.Errorf("after it expired: %v, %v", found, err)
		}
		if err := b.people.Sweep(ctx, b.clock.Now()); err != nil {
			t.Fatal(err)
		}
		var n int
		if err := b.db.Read.QueryRowContext(ctx, `SELECT COUNT(*) FROM sessions`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d sessions are left after the sweep, %v", n, err)
		}
		if err := sessions.DeleteCtx(ctx, "hashed"); err != nil {
			t.Errorf("ending a session that is gone: %v", err)
		}
	})
}

func TestNewPassword(t *testing.T) {
	t.Parallel()
	seen := make(map[string]bool)
	for range 100 {
		p := people.NewPassword()
		if err := people.CheckPassword(p, "dana@firm.example", "Dana"); err != nil || seen[p] {
			t.Fatalf("%q: %v", p, err)
		}
		seen[p] = true
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		has, needs people.Role
		want       bool
	}{
		{people.Admin, people.Consultant, true},
		{people.Lead, people.Lead, true},
		{people.Consultant, people.Lead, false},
		{people.Admin, "owner", false},
		{"", people.Consultant, false},
		{"", "", false},
	} {
		if got := tt.has.Includes(tt.needs); got != tt.want {
			t.Errorf("%q includes %q: %v, want %v", tt.has, tt.needs, got, tt.want)
		}
	}
}

func BenchmarkAuthenticate(b *testing.B) {
	db := storetest.Open(b, storetest.SQLiteURL(b))
	p := people.New(db, people.Options{})
	if _, err := p.Add(b.Context(), people.NewUser{Email: "dana@firm.example", Password: goodPassword}); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := p.Authenticate(b.Context(), "dana@firm.example", goodPassword, "192.0.2.1"); err != nil {
			b.Fatal(err)
		}
	}
}
