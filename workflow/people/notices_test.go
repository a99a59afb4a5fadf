package people_test

import (
	"sync"
	"testing"
	"time"

	"caseconsultant/workflow/people"
)

// TestNotices: a notice is accepted once a year by each person, and keeps its first time however often the button is pressed.
func TestNotices(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, b bundle) {
		dana, lee := b.add(t, "dana@firm.example", people.Consultant), b.add(t, "lee@firm.example", people.Consultant)
		first := b.clock.Now()
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if err := b.people.AcceptNotice(t.Context(), dana.ID, "cpt", 2026); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		b.clock.Add(24 * time.Hour)
		for _, accept := range []struct {
			user    int64
			licence string
			year    int
		}{{dana.ID, "cpt", 2026}, {dana.ID, "cpt", 2027}, {lee.ID, "cdt", 2026}} {
			if err := b.people.AcceptNotice(t.Context(), accept.user, accept.licence, accept.year); err != nil {
				t.Fatal(err)
			}
		}
		own, err := b.people.Notices(t.Context(), dana.ID, 2026)
		if err != nil || len(own) != 1 || own[0].Licence != "cpt" || !own[0].At.Equal(first) {
			t.Errorf("of one: %+v %v", own, err)
		}
		everybody, err := b.people.Notices(t.Context(), 0, 2026)
		if err != nil || len(everybody) != 2 || everybody[1].UserID != lee.ID || everybody[1].Licence != "cdt" {
			t.Errorf("of all: %+v %v", everybody, err)
		}
		if none, err := b.people.Notices(t.Context(), lee.ID, 2028); err != nil || len(none) != 0 {
			t.Errorf("of another year: %+v %v", none, err)
		}
		if err := b.people.AcceptNotice(t.Context(), 987654321, "cpt", 2026); err == nil {
			t.Error("nobody accepted it")
		}
	})
}
