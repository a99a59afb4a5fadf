package codebook

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

// Suggestion is an existing code that one which does not exist may have been meant to be.
type Suggestion struct {
	Code     string `json:"code"`
	Title    string `json:"title"`
	Billable bool   `json:"billable"`
	// Why says in which way the two differ: "O, I, L, S, B or Z for a digit", "two characters swapped", "a placeholder X too many or missing",
	// "one character other", "one character more", "one character fewer", "begins the same".
	Why string `json:"why"`
}

const (
	whyAlike  = "O, I, L, S, B or Z for a digit"
	whySwap   = "two characters swapped"
	whyX      = "a placeholder X too many or missing"
	whyOther  = "one character other"
	whyFewer  = "one character fewer"
	whyMore   = "one character more"
	whyBegins = "begins the same"
)

// Nearest lists existing codes of a system that a code may have been meant to be, likeliest first, at most limit (zero: 5): differing by one
// typing error, else those that begin as it does. They exist in the release that answers for the day (zero: today), else in what is loaded,
// the starter's selection included; codes that may be reported come before headings. The code itself is never among them. It is Near for
// whoever shows titles, and for systems that no release holds whole.
func (b *Book) Nearest(ctx context.Context, system codes.System, code string, on time.Time, limit int) ([]Suggestion, error) {
	if limit <= 0 {
		limit = 5
	}
	key, d := keyFor(system, code), b.day(on)
	if key == "" || len(key) >= maxKey {
		return nil, nil
	}
	sets := b.setsOn(system, key, d)
	type found struct {
		key, why string
		billable bool
		cost     int
	}
	var list []found
	seen := map[string]bool{key: true}
	try := func(candidate, why string, cost int) {
		if seen[candidate] {
			return
		}
		seen[candidate] = true
		for _, m := range sets {
			if flags, ok := m.find([]byte(candidate)); ok {
				billable := flags&memberBillable != 0
				list = append(list, found{candidate, why, billable, cost + 2*btoi(!billable)})
				return
			}
		}
	}
	oneError(key, try)
	for n := len(key) - 1; n >= 3 && len(list) == 0; n-- { // nothing one error away: what begins the same
		for _, m := range sets {
			from, to := m.under(key[:n])
			for i := from; i < min(to, from+limit); i++ {
				try(m.key(i), whyBegins, 30)
			}
		}
	}
	slices.SortStableFunc(list, func(a, b found) int { return cmp.Or(cmp.Compare(a.cost, b.cost), cmp.Compare(a.key, b.key)) })
	var out []Suggestion
	for _, f := range list[:min(len(list), limit)] {
		rec, err := b.load(ctx, system, f.key)
		if err != nil {
			return nil, err
		}
		s := Suggestion{Code: show(system, f.key), Billable: f.billable, Why: f.why}
		if rec != nil && len(rec.spans) > 0 {
			s.Title = b.entry(system, f.key, d, rec).Title
		}
		out = append(out, s)
	}
	return out, nil
}

// oneError makes everything that is one typing error away from a key; the end of a code is the likeliest to be wrong.
func oneError(key string, try func(candidate, why string, cost int)) {
	const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	alike := map[byte]string{'O': "0", 'I': "1", 'L': "1", 'S': "5", 'B': "8", 'Z': "2", 'G': "6", '0': "O", '1': "I", '5': "S", '8': "B", '2': "Z"}
	try(strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(key), whyAlike, 0)
	for i := 0; i < len(key); i++ {
		if a := alike[key[i]]; a != "" {
			try(key[:i]+a+key[i+1:], whyAlike, 0)
		}
		if key[i] == 'X' {
			try(key[:i]+key[i+1:], whyX, 1)
		}
		if i >= 3 {
			for n := 1; len(key)+n <= 7; n++ { // T140A for T14.0XXA
				try(key[:i]+strings.Repeat("X", n)+key[i:], whyX, 1)
			}
		}
		if i+1 < len(key) {
			try(key[:i]+key[i+1:i+2]+key[i:i+1]+key[i+2:], whySwap, 2)
		}
	}
	for i := len(key) - 1; i >= 0; i-- {
		try(key[:i]+key[i+1:], whyMore, 3+2*(len(key)-1-i))
	}
	for i := len(key) - 1; i >= 0; i-- {
		cost := 3 + (len(key) - 1 - i)
		if i == 0 {
			cost = 20 // the first character names the chapter, and is seldom wrong
		}
		for _, c := range alphabet {
			try(key[:i]+string(c)+key[i+1:], whyOther, cost)
		}
	}
	for i := len(key); i > 0; i-- {
		for _, c := range alphabet {
			try(key[:i]+string(c)+key[i:], whyFewer, 5+(len(key)-i))
		}
	}
}

// setsOn are the members that hold a system on a day: those of the release that decides, else all that are loaded.
func (b *Book) setsOn(system codes.System, key string, on day) []*memberSet {
	if i := b.decides(system, key, on); i >= 0 {
		if m := b.set(system, i); m != nil {
			return []*memberSet{m}
		}
	}
	var out []*memberSet
	for i := range b.members[system] {
		out = append(out, &b.members[system][i])
	}
	return out
}
