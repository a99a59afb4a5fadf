package codebook

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

// load reads all that the book holds about a code; nil when it holds nothing.
func (b *Book) load(ctx context.Context, system codes.System, key string) (*record, error) {
	if system == codes.NDC {
		return b.ndcRecord(ctx, key)
	}
	rows, err := b.record.QueryContext(ctx, string(system), key)
	if err != nil {
		return nil, fmt.Errorf("looking up a code: %w", err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return nil, fmt.Errorf("looking up a code: %w", err)
		}
		return nil, nil
	}
	var raw sql.RawBytes // read in place: decodeRecord makes the one copy
	if err := rows.Scan(&raw); err != nil {
		return nil, fmt.Errorf("looking up a code: %w", err)
	}
	rec, err := decodeRecord(raw)
	if err != nil {
		return nil, err
	}
	for _, s := range rec.spans {
		if s.release >= len(b.releases) {
			return nil, errRecord
		}
	}
	return rec, nil
}

// Lookup says what the book holds about a code of one system as of a day (zero: today). The code may be written in any common way: with or
// without the dot, in lower case.
//
// ok says whether the book knows the code at all, on whatever day; Entry.Valid says whether it exists on that day. When it is not known the
// entry still says so in its Status, and whether that means that it does not exist. Errors are failures to read the file only.
func (b *Book) Lookup(ctx context.Context, system codes.System, code string, on time.Time) (Entry, bool, error) {
	key := keyFor(system, code)
	d := b.day(on)
	rec, err := b.load(ctx, system, key)
	if err != nil {
		return Entry{}, false, err
	}
	if rec == nil || len(rec.spans) == 0 {
		e := Entry{System: system, Code: show(system, key), Descriptions: []Description{}, Parents: []string{}, Flags: map[string]string{}}
		e.Status, e.Release = b.unknownStatus(system, key, d)
		return e, false, nil
	}
	e := b.entry(system, key, d, rec)
	if err := b.addLicensed(ctx, &e, system, key, d); err != nil {
		return Entry{}, false, err
	}
	return e, true, nil
}

// Find looks a code up in every system that its form allows, in the order in which people mean them: letters and digits that spell both a
// HCPCS code and an undotted ICD-10-CM code are the HCPCS code first. Only systems that know the code are in the result. A dot in the code
// keeps it to ICD-10-CM.
func (b *Book) Find(ctx context.Context, code string, on time.Time) ([]Entry, error) {
	var out []Entry
	for _, system := range Systems(code) {
		e, ok, err := b.Lookup(ctx, system, code, on)
		if err != nil {
			return nil, err
		}
		if ok {
			out = append(out, e)
		}
	}
	return out, nil
}

// Systems lists the code systems that a code typed on its own may belong to by its form: first those that codes.SystemsOf names, likeliest
// first, then others whose codes look so (headings of ICD-10-PCS, letters that HCPCS does not use yet).
func Systems(code string) []codes.System {
	out := codes.SystemsOf(code)
	if strings.Contains(code, ".") && len(out) > 0 {
		return out // the dot says that it is a diagnosis
	}
	for _, system := range plausible(keyOf(code)) {
		if !slices.Contains(out, system) {
			out = append(out, system)
		}
	}
	return out
}

// entry puts together what the record says as of a day.
func (b *Book) entry(system codes.System, key string, on day, rec *record) Entry {
	e := Entry{System: system, Code: show(system, key), Descriptions: make([]Description, 0, 2+len(rec.texts)), Parents: []string{}, Flags: make(map[string]string, 8)}
	var answer *span // what answers for that day
	decider := b.decides(system, key, on)
	switch {
	case decider >= 0:
		e.Release = b.releases[decider].Name
		if s, ok := rec.span(decider); ok {
			answer = &s
			b.answered(&e, key, on, decider, answer)
			break
		}
		e.Status = b.absentStatus(on, decider, rec)
	default:
		b.listed(&e, key, on, rec, &answer)
	}
	b.describe(&e, rec, answer)
	for _, s := range rec.spans {
		if b.starterRelease(s.release) {
			setFlags(&e, s.flags)
		}
	}
	if answer != nil {
		setFlags(&e, answer.flags)
	}
	e.Parents = b.parents(system, key, on, e.Parents)
	return e
}

func setFlags(e *Entry, flags []flag) {
	for _, f := range flags {
		e.Flags[f.name] = f.value
	}
}

func (b *Book) starterRelease(i int) bool { return b.days[i].kind == kindStarter }

// answered: a whole release is in force and has the code.
func (b *Book) answered(e *Entry, key string, on day, release int, s *span) {
	name := b.releases[release].Name
	switch {
	case s.to != 0 && on > s.to:
		e.Status = "Ended: the last day for it was " + s.to.words() + " (" + name + ")."
		if r := flagOf(s, "replaced_by"); r != "" {
			e.Status += " The file refers to " + r + "."
		}
	case s.from != 0 && on < s.from:
		e.Status = "Not yet in force on " + on.words() + ": added on " + s.from.words() + " (" + name + ")."
	case s.billable:
		e.Valid, e.Billable = true, true
		e.Status = "In force on " + on.words() + " (" + name + ")."
	default:
		e.Valid = true
		e.Flags["heading"] = "yes"
		n := b.billableUnder(e.System, key, release)
		e.Flags["codes_below"] = strconv.Itoa(n)
		e.Status = "A heading on " + on.words() + " (" + name + "): it may not be reported; " + strconv.Itoa(n) + " codes below it may."
	}
}

func flagOf(s *span, name string) string {
	for _, f := range s.flags {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

func (b *Book) billableUnder(system codes.System, key string, release int) int {
	m := b.set(system, release)
	if m == nil {
		return 0
	}
	from, to := m.under(key)
	n := 0
	for _, f := range m.flags[from:to] {
		n += int(f & memberBillable)
	}
	return n
}

// absentStatus: a whole release is in force and does not have the code, which others have.
func (b *Book) absentStatus(on day, decider int, rec *record) string {
	text := "Not in " + b.releases[decider].Name + ", which answers for " + on.words() + "."
	before, after := -1, -1
	for _, s := range rec.spans {
		r := &b.days[s.release]
		switch {
		case r.kind != b.days[decider].kind:
		case r.first < b.days[decider].first:
			before = s.release
		case after < 0:
			after = s.release
		}
	}
	if before >= 0 {
		text += " It was in " + b.releases[before].Name + "."
	}
	if after >= 0 {
		text += " It is in " + b.releases[after].Name + "."
	}
	if before < 0 && after < 0 {
		for _, s := range rec.spans {
			if listed := flagOf(&s, "listed"); listed != "" {
				text += " It was seen in " + listed + "."
			}
		}
	}
	for _, c := range rec.changes {
		if c.action == "delete" {
			text += " Deleted by the " + b.releases[c.release].Name + "."
		}
	}
	return text
}

// listed: no whole release is in force. What is known is that the code was seen somewhere: in a fee schedule or in edits of that day, by the
// starter, in a release of another time, or in a file that does not hold its code set whole.
func (b *Book) listed(e *Entry, key string, on day, rec *record, answer **span) {
	best := -1
	for i := range rec.spans {
		s := &rec.spans[i]
		if b.starterRelease(s.release) && !on.within(s.from, s.to) {
			best = -1 // a day stated for the code itself weighs more than a list
			break
		}
		if b.days[s.release].facts && b.lists(s, on) {
			if best < 0 || b.days[s.release].kind == kindFees {
				best = i // the fee schedule names a code because it is in use that year; edits also name what has ended
			}
		}
	}
	if best >= 0 {
		s := &rec.spans[best]
		*answer = s
		e.Release = b.releases[s.release].Name
		e.Valid, e.Billable = true, true
		e.Status = "Listed in " + e.Release + ". " + b.notWhole(e.System, key, on)
		return
	}
	for i := range rec.spans {
		if s := &rec.spans[i]; b.starterRelease(s.release) {
			best = i
			break
		} else if kindOf(e.System) == "" || !holdsWhole(e.System, key) || e.System == codes.CPT && b.days[s.release].kind != kindCPT {
			best = i // the latest file that names it
		}
	}
	if best < 0 {
		s := rec.spans[len(rec.spans)-1]
		e.Status = "No release that is loaded answers for " + on.words() + ". It is in " + b.releases[s.release].Name +
			" (" + b.releases[s.release].First + " to " + b.releases[s.release].Last + ")."
		return
	}
	if s := &rec.spans[best]; b.days[s.release].facts {
		b.namedElsewhen(e, on, s)
		return
	}
	s := &rec.spans[best]
	*answer = s
	e.Release = b.releases[s.release].Name
	seen := flagOf(s, "listed")
	if seen == "" && !b.starterRelease(s.release) {
		seen = b.releases[s.release].File
	}
	switch {
	case s.to != 0 && on > s.to:
		e.Status = "Ended: the last day for it was " + s.to.words() + "."
	case s.from != 0 && on < s.from:
		e.Status = "Not yet in force on " + on.words() + ": it begins on " + s.from.words() + "."
	default:
		e.Valid, e.Billable = true, s.billable
		e.Status = "Listed."
		if !s.billable {
			e.Flags["heading"] = "yes"
			e.Status = "A heading: it may not be reported, more characters are needed."
		}
	}
	if seen != "" {
		e.Status = strings.TrimSuffix(e.Status, ".") + " (" + seen + ")."
		if strings.HasPrefix(e.Status, "Listed (") {
			e.Status = "Listed in " + seen + "."
		}
	}
	if b.starterRelease(s.release) {
		e.Flags["starter"] = "yes"
		e.Status += " " + b.notWhole(e.System, key, on)
	}
}

// lists reports whether a release of facts names a code for a day.
func (b *Book) lists(s *span, on day) bool {
	r := &b.days[s.release]
	switch {
	case strings.HasPrefix(r.kind, kindPTP) || r.kind == kindAddOn:
		return on <= r.made && on.within(s.from, s.to)
	case r.kind == kindFees || r.kind == kindFeesQPP:
		return on.within(r.first, r.last) || on < r.first && on/10000 == r.first/10000
	}
	return on.within(r.first, r.last)
}

// namedElsewhen: only files of facts name the code, and none for that day. Whether it exists then they do not say; that the last edit which
// named it has ended is a sign that it does not.
func (b *Book) namedElsewhen(e *Entry, on day, s *span) {
	name := b.releases[s.release].Name
	e.Release = name
	switch {
	case s.to != 0 && on > s.to:
		e.Status = "The last edit that names it ended on " + s.to.words() + " (" + name + "): the code may have ended."
	case s.from != 0 && on < s.from:
		e.Status = "The first edit that names it begins on " + s.from.words() + " (" + name + "): the code may not have existed before."
	default:
		e.Valid, e.Billable = true, true
		e.Status = "Listed in " + name + ", which is not for " + on.words() + "."
	}
	e.Status += " " + b.notWhole(e.System, e.Code, on)
}

// notWhole says why nothing more can be said.
func (b *Book) notWhole(system codes.System, key string, on day) string {
	if b.Starter() {
		return "This is the starter codebook, which holds no code set whole; whether it is in force on " + on.words() + " has to be checked in the code set itself."
	}
	if kindOf(system) == "" || !holdsWhole(system, key) || !b.has(kindOf(system)) {
		return "No file that is loaded holds " + SystemName(system, key) + " whole; whether it is in force on " + on.words() + " has to be checked in the code set itself."
	}
	return "No " + SystemName(system, key) + " release that is loaded answers for " + on.words() + "; it is not judged by a whole code set."
}

// SystemName is how people call the code system of a code: "CPT", "ICD-10-CM", "the CPT modifiers".
func SystemName(system codes.System, code string) string {
	switch system {
	case codes.CPT:
		return "CPT"
	case codes.HCPCS:
		return "HCPCS Level II"
	case codes.ICD10CM:
		return "ICD-10-CM"
	case codes.ICD10PCS:
		return "ICD-10-PCS"
	case codes.Modifier:
		if holdsWhole(system, keyOf(code)) {
			return "the HCPCS modifiers"
		}
		return "the CPT modifiers"
	case codes.POS:
		return "the place-of-service codes"
	case codes.MSDRG:
		return "MS-DRG"
	case codes.Revenue:
		return "the revenue codes"
	case codes.CDT:
		return "CDT"
	case codes.NDC:
		return "the NDC directory"
	}
	return string(system)
}

func (b *Book) unknownStatus(system codes.System, key string, on day) (status, release string) {
	if i := b.decides(system, key, on); i >= 0 {
		return "Not in " + b.releases[i].Name + ", which answers for " + on.words() + " and holds its code set whole: no such code.", b.releases[i].Name
	}
	if b.Starter() {
		return "Not in the starter codebook, which holds a selection only. That does not mean that the code does not exist.", ""
	}
	return "Not in the codebook, and no file that is loaded holds " + SystemName(system, key) + " whole on " + on.words() + ". That does not mean that the code does not exist.", ""
}

// describe chooses the title and lines up the descriptions: official words of the release that answers (or, where that one has none, of the
// nearest that has), then ours.
func (b *Book) describe(e *Entry, rec *record, answer *span) {
	official := answer
	if official == nil || official.title == "" || b.starterRelease(official.release) {
		for i := range rec.spans { // in order of time: the last one with a title
			if s := &rec.spans[i]; s.title != "" && !b.starterRelease(s.release) {
				official = s
			}
		}
	}
	hasOfficial := official != nil && official.title != "" && !b.starterRelease(official.release)
	if hasOfficial {
		r := &b.releases[official.release]
		source := r.Name + " (" + r.File + ")"
		e.Title = official.title
		e.Descriptions = append(e.Descriptions, Description{Kind: KindOfficial, Text: official.title, Source: source})
		if official.short != "" {
			e.Descriptions = append(e.Descriptions, Description{Kind: KindShort, Text: official.short, Source: source})
		}
	} else {
		for i := range rec.spans {
			if rec.spans[i].title != "" {
				e.Title = rec.spans[i].title
			}
		}
	}
	for _, t := range rec.texts {
		if !hasOfficial || t.Kind != KindOfficial {
			e.Descriptions = append(e.Descriptions, t)
		}
	}
}

// parents lists the headings above a code: of ICD-10-CM every shorter beginning that the release has (a code's parent is not always the
// code less one character), of ICD-10-PCS its table.
func (b *Book) parents(system codes.System, key string, on day, out []string) []string {
	if system != codes.ICD10CM && system != codes.ICD10PCS {
		return out
	}
	m := b.nearestSet(system, key, on)
	if m == nil {
		return out
	}
	var store [maxKey]byte
	full, ok := appendKey(store[:0], key)
	if !ok {
		return out
	}
	for n := 3; n < len(full); n++ {
		if _, ok := m.find(full[:n]); ok {
			out = append(out, show(system, key[:n]))
		}
	}
	return out
}

// nearestSet is the members of the release in force, else of the latest one loaded, else of the starter.
func (b *Book) nearestSet(system codes.System, key string, on day) *memberSet {
	if i := b.decides(system, key, on); i >= 0 {
		return b.set(system, i)
	}
	if sets := b.members[system]; len(sets) > 0 {
		last := &sets[len(sets)-1]
		if b.starterRelease(last.release) && len(sets) > 1 {
			last = &sets[len(sets)-2]
		}
		return last
	}
	return nil
}
