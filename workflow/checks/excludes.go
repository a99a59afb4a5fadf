package checks

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

// diagnosis is a diagnosis of an encounter with the instructions of the tabular list that hold for it.
type diagnosis struct {
	code         string
	title        string
	instructions []codebook.Instruction
}

// encounter are the diagnoses of one group that stand together on a claim, each once.
type encounter struct {
	group  int
	date   Date
	source codebook.Source // the tabular list of the day
	list   []diagnosis
	// order are the codes in the order that the message itself states; nil when it states none.
	order []string
}

// encounters reads the diagnoses of all groups.
func (r *run) encounters(ctx context.Context) ([]encounter, error) {
	var out []encounter
	for _, g := range r.groups() {
		e := encounter{group: g, date: r.date(g), order: r.DiagnosisOrder[g]}
		seen := map[string]bool{}
		for _, m := range r.diagnosesOf(g) {
			if seen[m.Code] {
				continue
			}
			seen[m.Code] = true
			entry, _, err := r.entry(ctx, codes.ICD10CM, m.Code, e.date.Day)
			if err != nil {
				return nil, err
			}
			d := diagnosis{code: m.Code, title: entry.Title}
			if d.instructions, e.source, err = r.book.Instructions(ctx, m.Code, e.date.Day); err != nil {
				return nil, err
			}
			e.list = append(e.list, d)
		}
		if len(e.list) > 0 {
			out = append(out, e)
		}
	}
	return out, nil
}

// excludes compares every two diagnoses of an encounter by the Excludes notes of both and of all headings, blocks and chapters above them.
//
// Authority: Official Guidelines I.A.12.a (Excludes1: never at the same time, except when the two conditions are unrelated; if it is not
// clear, the provider is asked) and I.A.12.b (Excludes2: both may be coded when the patient has both). Source: the tabular list of the day.
func (r *run) excludes(e encounter) {
	for i, a := range e.list {
		for _, b := range e.list[i+1:] {
			if notes := notesBetween(a, b, "excludes1"); len(notes) > 0 {
				r.excludes1(e, a, b, notes)
				continue
			}
			notes := slices.DeleteFunc(notesBetween(a, b, "excludes2"), func(n noteBetween) bool { return n.Level == "chapter" })
			if len(notes) > 0 {
				n := notes[0]
				r.rule(ruling{rule: finding.Excludes2, severity: finding.Info, codes: []string{a.code, b.code}, date: e.date, source: cite(e.source),
					message: fmt.Sprintf("%s and %s may both be coded when the patient has both: the note at %s is an Excludes2 (%s).", a.code, b.code, n.where(), n.Text),
					data:    notesData(notes)})
			}
		}
	}
}

// noteBetween is a note of one diagnosis that names the other.
type noteBetween struct {
	codebook.Instruction
	of, names string
}

// where says at which level the note stands: "code M54.5", "category E11, above E11.9", "block A50-A64, above A51.0".
func (n noteBetween) where() string {
	switch n.Level {
	case "code":
		return n.At
	case "chapter":
		return n.At + ", above " + n.of
	}
	return n.Level + " " + n.At + ", above " + n.of
}

// notesBetween lists the notes of a kind by which either diagnosis names the other, nearest first, each once. A note is no conflict with
// what stands below the very place where it stands: there it only points to the code to use (D72 with D72.824).
func notesBetween(a, b diagnosis, kind string) []noteBetween {
	var out []noteBetween
	for _, pair := range [2][2]diagnosis{{a, b}, {b, a}} {
		for _, n := range pair[0].instructions {
			if n.Kind != kind || !n.Refers(pair[1].code) || slices.ContainsFunc(pair[1].instructions, func(o codebook.Instruction) bool {
				return o.Kind == kind && o.At == n.At
			}) {
				continue
			}
			if !slices.ContainsFunc(out, func(o noteBetween) bool { return o.At == n.At && o.Text == n.Text }) {
				out = append(out, noteBetween{n, pair[0].code, pair[1].code})
			}
		}
	}
	rank := map[string]int{"code": 0, "subcategory": 1, "category": 2, "block": 3, "chapter": 4}
	slices.SortStableFunc(out, func(x, y noteBetween) int {
		if d := rank[x.Level] - rank[y.Level]; d != 0 {
			return d
		}
		return strings.Compare(x.At+x.Text, y.At+y.Text)
	})
	return out
}

func notesData(notes []noteBetween) map[string]any {
	var at, level, text, of []string
	for _, n := range notes {
		at, level, text, of = append(at, n.At), append(level, n.Level), append(text, n.Text), append(of, n.of)
	}
	return map[string]any{"note_at": at, "note_level": level, "note": text, "note_of": of}
}

func (r *run) excludes1(e encounter, a, b diagnosis, notes []noteBetween) {
	n := notes[0]
	severity := finding.Warning
	message := fmt.Sprintf("%s and %s are not coded together unless the two conditions are unrelated: the Excludes1 note at %s names \"%s\"",
		a.code, b.code, n.where(), n.Text)
	if n.Under != "" {
		message += " under \"" + n.Under + "\""
	}
	message += "."
	if i := slices.IndexFunc(notes, func(o noteBetween) bool { return o.of != n.of }); i >= 0 {
		message += fmt.Sprintf(" So does the note at %s (\"%s\").", notes[i].where(), notes[i].Text)
	}
	if n.Narrowed {
		severity = finding.Info
		message += " The note narrows what it names in words; read whether it means this code."
	}
	if strings.HasPrefix(a.code, "R") || strings.HasPrefix(b.code, "R") {
		message += " A symptom that belongs to a diagnosis is not coded beside it (Official Guidelines I.B.5)."
	}
	message += " Whether they are related is for the record to show (Official Guidelines I.A.12.a)."
	r.rule(ruling{rule: finding.Excludes1, severity: severity, codes: []string{a.code, b.code}, message: message, source: cite(e.source), date: e.date, data: notesData(notes)})
}

// notesUnread says that no tabular list answers for the day, where two diagnoses stand together and a reader expects the notes to be read.
func (r *run) notesUnread(e encounter) {
	if len(e.list) < 2 {
		return
	}
	var names []string
	for _, d := range e.list {
		names = append(names, d.code)
	}
	r.notChecked(finding.Excludes1, fmt.Sprintf("Whether the notes of the tabular list (Excludes1, code first) allow %s together was not checked. %s", list(names), e.source.Note))
}
