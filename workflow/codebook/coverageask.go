package codebook

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// CoveragePolicy is a version of a local coverage determination or a billing and coding article that names a procedure code.
//
// Which of its procedures go with which list of diagnoses stands in the paragraphs only, as prose: the numbers of the two kinds of groups
// are not the same key. So a diagnosis in a covered list supports a claim, and does not prove coverage.
type CoveragePolicy struct {
	// ID is the public number: "A52425", "L33797", "NCD 210.3".
	ID      string `json:"id"`
	Version int    `json:"version"`
	// Type is "lcd", "ncd", or "article" with the number of its sort in the database.
	Type   string `json:"type"`
	Title  string `json:"title"`
	Status string `json:"status"`
	// First and Last are the days for which the version holds; Last is empty while it is open.
	First string `json:"first"`
	Last  string `json:"last"`
	// Contractors issued it, States are those that they serve on the day ("CA"; parts of a state as the state). Both may be empty.
	Contractors []Contractor `json:"contractors"`
	States      []string     `json:"states"`
	// Related are the determination of an article, and other documents named with it.
	Related []string `json:"related"`
	// Codes are the groups in which the procedure stands, Covered and Noncovered all groups of diagnoses.
	Codes      []CoverageGroup `json:"codes"`
	Covered    []CoverageGroup `json:"covered"`
	Noncovered []CoverageGroup `json:"noncovered"`
	Release    string          `json:"release"`
}

// Contractor is a Medicare administrative contractor by its number and name.
type Contractor struct {
	Number string `json:"number"`
	Name   string `json:"name"`
}

// CoverageGroup is a numbered list of codes with the paragraph that says how it is meant.
type CoverageGroup struct {
	Number int `json:"number"`
	// Paragraph is the text of the group. Of a group of procedures it may quote CPT, so it is empty without that licence.
	Paragraph string `json:"paragraph"`
	// Count is how many codes it lists.
	Count int `json:"count"`

	codes string
}

// Has reports whether the group lists a code, and whether with the asterisk that its paragraph explains (often: needs a second code).
func (g CoverageGroup) Has(code string) (listed, asterisk bool) {
	key := keyOf(code)
	for c := range strings.FieldsSeq(g.codes) {
		if plain := strings.TrimSuffix(c, "*"); keyOf(plain) == key {
			return true, plain != c
		}
	}
	return false, false
}

// Members lists the codes of the group, as published and without their asterisks.
func (g CoverageGroup) Members() []string {
	return strings.Fields(strings.ReplaceAll(g.codes, "*", ""))
}

// Listing says where a diagnosis stands in a policy.
type Listing struct {
	Covered, Noncovered bool
	// Asterisk: the covered group lists it with a condition, see its paragraph.
	Asterisk bool
	// Group is the group that lists it.
	Group CoverageGroup
}

// Find looks a diagnosis up in the lists of the policy: where it is covered, without an asterisk first, else where it is not. ok is false
// when no list has it.
func (p CoveragePolicy) Find(diagnosis string) (l Listing, ok bool) {
	for _, g := range p.Covered {
		if listed, asterisk := g.Has(diagnosis); listed && (!ok || l.Asterisk && !asterisk) {
			l, ok = Listing{Covered: true, Asterisk: asterisk, Group: g}, true
		}
	}
	if ok {
		return l, true
	}
	for _, g := range p.Noncovered {
		if listed, _ := g.Has(diagnosis); listed {
			return Listing{Noncovered: true, Group: g}, true
		}
	}
	return l, false
}

// CoverageOptions narrow a look at coverage. The zero value takes all contractors, as of today.
type CoverageOptions struct {
	// On is the day as of which documents must hold. Defaults to today.
	On time.Time
	// State is a state's two letters; Contractor the number of a contractor ("10112") or part of its name.
	State, Contractor string
}

// HasCoverage reports whether a coverage database is loaded at all: without one nothing is known, which is not the same as no policy.
func (b *Book) HasCoverage() bool { return b.has(kindCoverage) }

// Coverage lists the determinations and articles that name a procedure code on a day, by their number; of several versions of one the newest
// that holds. An empty result means that the loaded download names the code nowhere, not that it is covered.
func (b *Book) Coverage(ctx context.Context, code string, opts CoverageOptions) ([]CoveragePolicy, error) {
	key, on := keyOf(code), b.day(opts.On)
	var out []CoveragePolicy
	for i := range b.days {
		if b.days[i].kind != kindCoverage {
			continue
		}
		found, err := b.policies(ctx, i, key, on)
		if err != nil {
			return nil, fmt.Errorf("reading the coverage of a code: %w", err)
		}
		for _, p := range found {
			if err := b.fillPolicy(ctx, i, &p, on); err != nil {
				return nil, fmt.Errorf("reading the coverage of a code: %w", err)
			}
			if p.reaches(opts) {
				out = append(out, p.CoveragePolicy)
			}
		}
	}
	return out, nil
}

// foundPolicy is a policy before the rest of it is read.
type foundPolicy struct {
	CoveragePolicy
	number int
	groups []string // of procedures, in which the code stands
	all    bool     // all groups of procedures are wanted
	keys   []string // of contractors
	own    []string // states named by the document itself
}

// documentColumns are those that scanPolicy reads.
const documentColumns = "d.number, d.id, d.version, d.type, d.title, d.status, d.first_day, d.last_day, d.contractors, d.states, d.related"

func (b *Book) scanPolicy(rows *sql.Rows, release int, more ...any) (p foundPolicy, err error) {
	var first, last day
	var contractors, states, related string
	err = rows.Scan(append([]any{&p.number, &p.ID, &p.Version, &p.Type, &p.Title, &p.Status, &first, &last, &contractors, &states, &related}, more...)...)
	p.First, p.Last, p.Release = first.String(), last.String(), b.releases[release].Name
	p.keys, p.own, p.Related = strings.Fields(contractors), strings.Fields(states), strings.Fields(related)
	return p, err
}

func (b *Book) policies(ctx context.Context, release int, code string, on day) ([]foundPolicy, error) {
	var out []foundPolicy
	err := b.query(ctx, "SELECT "+documentColumns+`, c.groups
		FROM coverage_codes AS c
		JOIN coverage_documents AS d ON d.release = c.release AND d.number = c.document
		WHERE c.release = $1 AND c.code = $2 AND d.first_day <= $3 AND (d.last_day = 0 OR d.last_day >= $3)
		ORDER BY d.id, d.version DESC`, func(rows *sql.Rows) error {
		var groups string
		p, err := b.scanPolicy(rows, release, &groups)
		if err != nil || len(out) > 0 && out[len(out)-1].ID == p.ID {
			return err // an older version of the same
		}
		p.groups = strings.Fields(groups)
		out = append(out, p)
		return nil
	}, release, code, int64(on))
	return out, err
}

var manualSection = regexp.MustCompile(`^(?:NCD *)?([0-9]{2,3}(?:\.[0-9]{1,3}){0,2})$`)

// CoverageDocument gives a determination or article by its public number ("L33797", "A52425", "NCD 210.3" or "210.3"): the newest version that
// holds on a day (zero: today), else the newest of all, whose First and Last say for which days it held. All its groups of procedures are in
// Codes. ok is false when the loaded download does not have it.
func (b *Book) CoverageDocument(ctx context.Context, id string, on time.Time) (p CoveragePolicy, ok bool, err error) {
	id = strings.ToUpper(strings.TrimSpace(id))
	if m := manualSection.FindStringSubmatch(id); m != nil {
		id = "NCD " + m[1]
	}
	d := b.day(on)
	for i := range b.days {
		if b.days[i].kind != kindCoverage {
			continue
		}
		var found *foundPolicy
		holds := false
		err := b.query(ctx, "SELECT "+documentColumns+" FROM coverage_documents AS d WHERE d.release = $1 AND d.id = $2 ORDER BY d.version DESC", func(rows *sql.Rows) error {
			one, err := b.scanPolicy(rows, i)
			now := one.First <= d.String() && (one.Last == "" || one.Last >= d.String())
			if found == nil || now && !holds {
				found, holds = &one, now
			}
			return err
		}, i, id)
		if err == nil && found != nil {
			found.all = true
			err = b.fillPolicy(ctx, i, found, d)
		}
		if err != nil {
			return p, false, fmt.Errorf("reading a coverage document: %w", err)
		}
		if found != nil {
			return found.CoveragePolicy, true, nil
		}
	}
	return p, false, nil
}

func (b *Book) fillPolicy(ctx context.Context, release int, p *foundPolicy, on day) error {
	err := b.query(ctx, "SELECT list, number, paragraph, codes FROM coverage_groups WHERE release = $1 AND document = $2 ORDER BY list, number", func(rows *sql.Rows) error {
		var list string
		var g CoverageGroup
		if err := rows.Scan(&list, &g.Number, &g.Paragraph, &g.codes); err != nil {
			return err
		}
		g.Count = len(strings.Fields(g.codes))
		switch list {
		case listCodes:
			if !b.allows(LicenceCPT) {
				g.Paragraph = ""
			}
			if p.all || slices.Contains(p.groups, strconv.Itoa(g.Number)) {
				p.Codes = append(p.Codes, g)
			}
		case listCovered:
			p.Covered = append(p.Covered, g)
		default:
			p.Noncovered = append(p.Noncovered, g)
		}
		return nil
	}, release, p.number)
	if err != nil {
		return err
	}
	states := map[string]bool{}
	for _, key := range p.keys {
		err := b.query(ctx, "SELECT number, name FROM coverage_contractors WHERE release = $1 AND key = $2", func(rows *sql.Rows) error {
			var c Contractor
			err := rows.Scan(&c.Number, &c.Name)
			if !slices.Contains(p.Contractors, c) {
				p.Contractors = append(p.Contractors, c)
			}
			return err
		}, release, key)
		if err != nil {
			return err
		}
		err = b.query(ctx, "SELECT state, first_day, last_day FROM coverage_states WHERE release = $1 AND key = $2", func(rows *sql.Rows) error {
			var state string
			var first, last day
			err := rows.Scan(&state, &first, &last)
			if on.within(first, last) {
				states[wholeState(state)] = true
			}
			return err
		}, release, key)
		if err != nil {
			return err
		}
	}
	if len(states) == 0 {
		for _, s := range p.own {
			states[wholeState(s)] = true
		}
	}
	for s := range states {
		p.States = append(p.States, s)
	}
	slices.Sort(p.States)
	slices.SortFunc(p.Contractors, func(a, c Contractor) int { return cmp.Or(cmp.Compare(a.Number, c.Number), cmp.Compare(a.Name, c.Name)) })
	return nil
}

// wholeState: the database parts three states between contractors' areas (downstate, Queens and upstate New York, two halves of Missouri,
// northern and southern California).
func wholeState(part string) string {
	switch part {
	case "DN", "QN", "UN":
		return "NY"
	case "EM", "WM":
		return "MO"
	case "NF", "SF":
		return "CA"
	}
	return part
}

// reaches: the policy holds for the state and the contractor asked for. Where the download does not say for whom it holds, it is kept.
func (p *foundPolicy) reaches(opts CoverageOptions) bool {
	if state := wholeState(strings.ToUpper(strings.TrimSpace(opts.State))); state != "" && len(p.States) > 0 && !slices.Contains(p.States, state) {
		return false
	}
	name := strings.ToLower(strings.TrimSpace(opts.Contractor))
	return name == "" || len(p.Contractors) == 0 || slices.ContainsFunc(p.Contractors, func(c Contractor) bool {
		return c.Number == name || strings.Contains(strings.ToLower(c.Name), name)
	})
}
