package codebook

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

// Listed is one code of a range or of a pattern.
type Listed struct {
	System   codes.System `json:"system"`
	Code     string       `json:"code"`
	Title    string       `json:"title"`
	Valid    bool         `json:"valid"`
	Billable bool         `json:"billable"`
}

// maxListed is the most codes that one call of Expand gives.
const maxListed = 500

// Range is a pattern as it is understood: all codes between two beginnings, or with any character at the places of "?".
type Range struct {
	System      codes.System
	first, last string // beginnings, inclusive
	pattern     string // with "?" for any one character; "" for none
}

// ParseRange reads what people write for several codes: "99202-99205", "E11.2 to E11.4", "3129x", "992??", "E11.*", "J18*", "S72.0-". ok is
// false for anything else, a single code included.
func ParseRange(written string) (Range, bool) {
	text := strings.ToUpper(strings.TrimSpace(fold(strings.NewReplacer("–", "-", "—", "-", "−", "-").Replace(written))))
	for _, between := range [...]string{" THROUGH ", " THRU ", " TO ", "..", "-"} {
		a, c, ok := strings.Cut(text, between)
		if !ok || c == "" {
			continue
		}
		first, last := keyOf(a), keyOf(c)
		if len(last) == 1 && digits(last) && len(first) == 5 { // 99212-5; two digits would be a modifier (31255-59)
			last = first[:4] + last
		}
		for _, system := range Systems(keyOf(a)) {
			if slices.Contains(Systems(last), system) && first < last && first[0] == last[0] {
				return Range{System: system, first: first, last: last}, true
			}
		}
		return Range{}, false
	}
	stem := strings.TrimRight(text, "*-.")
	open := stem != text && strings.ContainsAny(text[len(stem):], "*-")
	if n := len(stem); n > 4 && strings.Contains(stem, ".") && strings.HasSuffix(stem, "X") && !open { // M54.5x
		stem = stem[:n-1] + "?"
	}
	if n := len(stem); n > 2 && strings.HasSuffix(stem, "X") && digits(strings.TrimRight(stem, "X")) && n <= 5 { // 3129x, 992xx
		stem = strings.TrimRight(stem, "X") + strings.Repeat("?", n-len(strings.TrimRight(stem, "X")))
	}
	pattern := ""
	for _, r := range stem {
		if r == '?' {
			pattern += "?"
		} else {
			pattern += keyOf(string(r))
		}
	}
	if !open && !strings.Contains(pattern, "?") || len(strings.ReplaceAll(pattern, "?", "")) < 1 {
		return Range{}, false
	}
	probe := strings.ReplaceAll(pattern, "?", "0")
	fixed := pattern
	if i := strings.IndexByte(pattern, '?'); i >= 0 {
		fixed = pattern[:i]
	}
	r := Range{first: fixed, last: fixed}
	if strings.Contains(pattern, "?") && !open {
		r.pattern = pattern
	}
	for _, tail := range [...]string{"", "0", "00", "000", "0000"} {
		if systems := Systems(probe + tail); len(systems) > 0 && len(probe+tail) >= 3 {
			r.System = systems[0]
			if strings.Contains(text, ".") {
				r.System = codes.ICD10CM
			}
			return r, true
		}
	}
	return Range{}, false
}

// Expand lists the codes of a range as of a day (zero: today), in the order of the code set, from offset on and at most limit of them (zero:
// 50, at most 500), and how many there are in all. What the release in force does not hold is not listed.
func (b *Book) Expand(ctx context.Context, r Range, on time.Time, offset, limit int) ([]Listed, int, error) {
	if limit <= 0 {
		limit = 50
	}
	limit, d := min(limit, maxListed), b.day(on)
	flags := map[string]byte{}
	for _, m := range b.setsOn(r.System, r.first, d) {
		for i := m.from(r.first); i < len(m.flags); i++ {
			key := m.key(i)
			if key[:min(len(key), len(r.last))] > r.last {
				break
			}
			if r.fits(key) {
				flags[key] |= m.flags[i]
			}
		}
	}
	keys := make([]string, 0, len(flags))
	for key := range flags {
		keys = append(keys, key)
	}
	slices.SortFunc(keys, cmp.Compare[string])
	var out []Listed
	for _, key := range keys[min(offset, len(keys)):min(offset+limit, len(keys))] {
		rec, err := b.load(ctx, r.System, key)
		if err != nil {
			return nil, 0, err
		}
		l := Listed{System: r.System, Code: show(r.System, key), Billable: flags[key]&memberBillable != 0}
		if rec != nil && len(rec.spans) > 0 {
			e := b.entry(r.System, key, d, rec)
			l.Title, l.Valid, l.Billable = e.Title, e.Valid, e.Billable
		}
		out = append(out, l)
	}
	return out, len(keys), nil
}

// from is the index of the first key that is not before a beginning.
func (m *memberSet) from(first string) int {
	if len(first) > m.width {
		return len(m.flags)
	}
	return sort.Search(len(m.flags), func(i int) bool { return string(m.at(i)[:len(first)]) >= first })
}

func (r Range) fits(key string) bool {
	if r.pattern == "" {
		return true
	}
	if len(key) != len(r.pattern) {
		return false
	}
	for i := range len(key) {
		if r.pattern[i] != '?' && r.pattern[i] != key[i] {
			return false
		}
	}
	return true
}
