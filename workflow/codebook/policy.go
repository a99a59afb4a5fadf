package codebook

import (
	_ "embed"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// Policy is what holds for a time only and stands in no code set's file: minutes of a visit, days to appeal, amounts, modifiers of the year.
// One row is one value for some days, with the authority that it rests on. What no row covers is not checked: the row of last year never
// speaks for this one. A Policy does not change; its methods may be called from any number of goroutines.
type Policy struct {
	rows map[policyKey][]PolicyRow // those of one rule and key by first day, with no day in two of them
	keys []policyKey               // in the order of the table
}

type policyKey struct{ rule, key string }

// PolicyRow is one row of the table of dated policy.
type PolicyRow struct {
	// Rule and Key name what is settled: "em-time" and "99213". The key "*" stands for every key that has no row of its own.
	Rule string `json:"rule"`
	Key  string `json:"key"`
	// Value is "20", "min=20 | max=29", "see-contract". Withdrawn by an override it is empty, and nothing is checked on those days.
	Value string `json:"value"`
	// From and To are the first and the last day, as YYYY-MM-DD. An empty To is open.
	From string `json:"from"`
	To   string `json:"to"`
	// Authority is the rule, manual section or file that says so.
	Authority string `json:"authority"`
	// ReadOn is when the authority, or the publication of it that is named, was read. Empty when nobody has yet.
	ReadOn string `json:"read_on"`
	// ToBeVerified: the row is from professional knowledge. A text that rests on it says so.
	ToBeVerified bool   `json:"to_be_verified"`
	Note         string `json:"note"`
	// Override: it stands in the house's own file.
	Override bool `json:"override"`

	first, last day
}

// PolicyAnswer is the value of a rule for a day, or why there is none.
type PolicyAnswer struct {
	Value string
	// Row is where the value stands. Without a value it is the latest row that had ended before the day, if there is one.
	Row PolicyRow
	// NotChecked says why there is no value; empty when there is one.
	NotChecked string
}

// OK reports whether there is a value.
func (a PolicyAnswer) OK() bool { return a.NotChecked == "" }

// Number is a value that is one number, or the named one of a list: Number("min") of "min=20 | max=29" is 20.
func (a PolicyAnswer) Number(name string) (n float64, ok bool) {
	for _, v := range a.List() {
		switch k, rest, named := strings.Cut(v, "="); {
		case named && k == name:
			v = rest
		case named || name != "":
			continue
		}
		n, err := strconv.ParseFloat(v, 64)
		return n, err == nil
	}
	return 0, false
}

// Word is the named value of a list as it is written: Word("code") of "code=G2212 | min=89" is "G2212".
func (a PolicyAnswer) Word(name string) string {
	for _, v := range a.List() {
		if k, rest, named := strings.Cut(v, "="); named && k == name {
			return rest
		}
	}
	return ""
}

// List is the values of the row.
func (a PolicyAnswer) List() []string {
	if a.Value == "" {
		return nil
	}
	return strings.Split(a.Value, " | ")
}

// Cite is the line under a text that rests on the value: the authority, for which days, and that nobody has read it when that is so.
func (r PolicyRow) Cite() string {
	text := r.Authority + " (from " + r.first.words()
	if r.last != 0 {
		text += " to " + r.last.words()
	}
	text += ")"
	if r.ToBeVerified {
		text += ", to be verified"
	}
	return text
}

//go:embed policy.tsv
var policyTable string

// LoadPolicy reads the embedded table and, unless path is "", the house's own rows from a file of the same form, which win on the days that
// they cover. A row of the house with no value withdraws what the embedded table says for those days. Rules that this program does not
// know are kept. Errors name file, line and column.
func LoadPolicy(path string) (*Policy, error) {
	p := &Policy{rows: map[policyKey][]PolicyRow{}}
	own, err := readPolicy("policy.tsv", strings.NewReader(policyTable), false)
	if err != nil {
		return nil, fmt.Errorf("reading the table of dated policy: %w", err)
	}
	var house []PolicyRow
	if path != "" {
		file, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("reading the house's dated policy: %w", err)
		}
		defer file.Close()
		if house, err = readPolicy(path, &boundedReader{r: file, left: maxPolicyBytes}, true); err != nil {
			return nil, fmt.Errorf("reading the house's dated policy: %w", err)
		}
	}
	for _, r := range slices.Concat(own, house) {
		p.put(r)
	}
	return p, nil
}

// maxPolicyBytes bounds the house's own file; the embedded table has 40 KB.
const maxPolicyBytes = 8 << 20

// put lays a row over what is there: what earlier rows say for its days no longer holds.
func (p *Policy) put(r PolicyRow) {
	k := policyKey{r.Rule, r.Key}
	before, known := p.rows[k]
	if !known {
		p.keys = append(p.keys, k)
	}
	var kept []PolicyRow
	for _, old := range before {
		if old.first < r.first && (old.last == 0 || old.last >= r.first) {
			left := old
			left.last = r.first.add(-1)
			left.To = left.last.String()
			kept = append(kept, left)
			if r.last == 0 || old.last != 0 && old.last <= r.last {
				continue
			}
			old.first = r.last.add(1)
			old.From = old.first.String()
			kept = append(kept, old)
			continue
		}
		switch {
		case old.last != 0 && old.last < r.first, r.last != 0 && old.first > r.last:
			kept = append(kept, old)
		case r.last != 0 && (old.last == 0 || old.last > r.last):
			old.first = r.last.add(1)
			old.From = old.first.String()
			kept = append(kept, old)
		}
	}
	kept = append(kept, r)
	slices.SortFunc(kept, func(a, b PolicyRow) int { return int(a.first - b.first) })
	p.rows[k] = kept
}

// Value is what a rule says for a key on a day: the row of the key, else that of "*".
func (p *Policy) Value(rule, key string, on time.Time) PolicyAnswer {
	d := dayOf(on)
	ended := PolicyRow{}
	for _, k := range []policyKey{{rule, key}, {rule, "*"}} {
		for _, r := range p.rows[k] {
			switch {
			case d != 0 && d.within(r.first, r.last):
				if r.Value == "" {
					return PolicyAnswer{Row: r, NotChecked: "not checked: the house has withdrawn this rule for that day"}
				}
				return PolicyAnswer{Value: r.Value, Row: r}
			case d != 0 && r.last != 0 && r.last < d && r.last > ended.last:
				ended = r
			}
		}
	}
	a := PolicyAnswer{Row: ended, NotChecked: "not checked: no row for that day"}
	if ended.last != 0 {
		a.NotChecked += " (the last one ended on " + ended.last.words() + ")"
	}
	return a
}

// Rows lists all rows of a rule, "" for all rules, in the order of the table, those of one key by day.
func (p *Policy) Rows(rule string) []PolicyRow {
	var out []PolicyRow
	for _, k := range p.keys {
		if rule == "" || k.rule == rule {
			out = append(out, p.rows[k]...)
		}
	}
	return out
}

// Ending lists the rows after which nothing is checked and whose last day is before on plus days: those that have ended already, and those
// that are about to. Rows withdrawn by the house are not among them.
func (p *Policy) Ending(on time.Time, days int) []PolicyRow {
	limit := dayOf(on).add(days)
	var out []PolicyRow
	for _, k := range p.keys {
		rows := p.rows[k]
		last := rows[len(rows)-1]
		for i := 0; i+1 < len(rows); i++ { // a gap that the day lies in, or comes to, counts too
			if gap := rows[i].last.add(1) != rows[i+1].first; gap && dayOf(on).within(rows[i].first, rows[i+1].first.add(-1)) {
				last = rows[i]
				break
			}
		}
		if last.last != 0 && last.last <= limit && last.Value != "" && !p.replaced(k, last) {
			out = append(out, last)
		}
	}
	slices.SortStableFunc(out, func(a, b PolicyRow) int { return int(a.last - b.last) })
	return out
}

// replaced: rows for every key may be replaced by one for each key, as the conversion factor was in 2026.
func (p *Policy) replaced(k policyKey, r PolicyRow) bool {
	if k.key != "*" {
		return false
	}
	for _, other := range p.keys {
		if other.rule != k.rule || other == k {
			continue
		}
		for _, row := range p.rows[other] {
			if row.first == r.last.add(1) {
				return true
			}
		}
	}
	return false
}

var policyColumns = []string{"rule", "key", "value", "from", "to", "authority", "read_on", "standing", "note"}

// readPolicy reads one table. Two rows for one day are an error: nobody could say which holds.
func readPolicy(name string, r io.Reader, override bool) ([]PolicyRow, error) {
	var out []PolicyRow
	at := map[policyKey][]int{} // indexes into out
	on := []int{}               // their lines
	err := eachOwnRow(name, r, policyColumns, func(lines *lineReader, header, cells []string) error {
		row, err := policyRow(lines, header, cells, override)
		if err != nil {
			return err
		}
		k := policyKey{row.Rule, row.Key}
		for _, i := range at[k] {
			if o := &out[i]; (o.last == 0 || row.first <= o.last) && (row.last == 0 || o.first <= row.last) {
				return lines.fault(1, fmt.Sprintf("days that no other row of this rule and key has (line %d has them)", on[i]), row.Rule+" "+row.Key)
			}
		}
		at[k] = append(at[k], len(out))
		out, on = append(out, row), append(on, lines.n)
		return nil
	})
	return out, err
}

func policyRow(lines *lineReader, header, cells []string, override bool) (PolicyRow, error) {
	if len(cells) != len(header) {
		return PolicyRow{}, lines.fault(1, fmt.Sprintf("%d fields separated by single tabs", len(header)), fmt.Sprintf("%d fields", len(cells)))
	}
	f, columnOf := fields{}, map[string]int{}
	column := 1
	for i, name := range header {
		value := cells[i]
		if strings.ContainsFunc(value, func(r rune) bool { return unicode.IsControl(r) || r == unicode.ReplacementChar }) {
			return PolicyRow{}, lines.fault(column, name+" without control characters", value)
		}
		f[name], columnOf[name] = strings.TrimSpace(value), column
		column += len([]rune(value)) + 1
	}
	row := PolicyRow{Rule: f["rule"], Key: f["key"], Value: f["value"], Authority: f["authority"], Note: f["note"], ToBeVerified: f["standing"] != standingRead, Override: override}
	fault := func(name, want string) (PolicyRow, error) {
		return PolicyRow{}, lines.fault(columnOf[name], want, f[name])
	}
	for _, name := range []string{"rule", "key", "from", "authority"} {
		if f[name] == "" {
			return fault(name, name+", which may not be empty")
		}
	}
	var read day
	for _, date := range []struct {
		name string
		into *day
	}{{"from", &row.first}, {"to", &row.last}, {"read_on", &read}} {
		if f[date.name] == "" {
			continue
		}
		d, err := parseDay(f[date.name])
		if err != nil || d.String() != f[date.name] {
			return fault(date.name, date.name+" as YYYY-MM-DD")
		}
		*date.into = d
	}
	row.From, row.To, row.ReadOn = row.first.String(), row.last.String(), read.String()
	switch {
	case row.last != 0 && row.last < row.first:
		return fault("to", "a last day (to) that is not before the first (from)")
	case f["standing"] != standingRead && f["standing"] != standingOpen:
		return fault("standing", standingRead+" or "+standingOpen)
	case (read != 0) != (f["standing"] == standingRead):
		return fault("read_on", "a day for a row that was read, and none for one that is to be verified")
	case row.Value == "" && !override:
		return fault("value", "value, which may not be empty")
	}
	for v := range strings.SplitSeq(row.Value, " | ") {
		if row.Value != "" && (v == "" || strings.Contains(v, "|") || strings.HasPrefix(v, "=") || strings.HasSuffix(v, "=")) {
			return fault("value", `a value, or several separated by " | ", each plain or name=value`)
		}
	}
	return row, nil
}

// What a row rests on.
const (
	standingRead = "read"
	standingOpen = "to be verified"
)
