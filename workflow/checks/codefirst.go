package checks

import (
	"fmt"
	"slices"
	"strings"

	"caseconsultant/workflow/codebook"
	"caseconsultant/workflow/finding"
)

// first reports whether the message itself puts a diagnosis first; before, whether it puts one before the other.
func (e encounter) first(code string) bool { return len(e.order) > 0 && e.order[0] == code }

func (e encounter) before(a, b string) bool {
	i, j := slices.Index(e.order, a), slices.Index(e.order, b)
	return i >= 0 && j >= 0 && i < j
}

// codeFirst applies the instructions on order: "code first", "use additional code", "code also".
//
// Authority: Official Guidelines I.A.13 (etiology before manifestation; titles with "in diseases classified elsewhere" are never first),
// I.A.17 (code also: either order), I.B.7 (multiple coding). An order counts only where the message states it; that a code is missing is
// information, as it may be on the claim.
func (r *run) codeFirst(e encounter) {
	for _, d := range e.list {
		r.underlying(e, d)
		r.additional(e, d)
	}
}

// optional: the note asks for the code only where there is one to name.
func optional(text string) bool {
	return strings.Contains(text, "if applicable") || strings.Contains(text, "if known") || strings.Contains(text, "if any") || strings.Contains(text, "any associated")
}

func manifestation(d diagnosis) bool {
	return strings.Contains(strings.ToLower(d.title), "in diseases classified elsewhere") || strings.Contains(strings.ToLower(d.title), "in other diseases classified elsewhere")
}

func (r *run) underlying(e encounter, d diagnosis) {
	var notes []codebook.Instruction
	required := false
	for _, n := range d.instructions {
		if n.Kind == "code-first" && n.Level != "chapter" {
			notes = append(notes, n)
			required = required || n.Level != "block" && strings.Contains(n.Text+n.Under, "underlying") && !optional(n.Text) && !optional(n.Under)
		}
	}
	manifest := manifestation(d)
	if len(notes) == 0 && !manifest {
		return
	}
	source, data := cite(e.source), map[string]any{"manifestation": manifest}
	if !e.source.Covered {
		source = "ICD-10-CM title of " + d.code
	}
	var present []string
	for _, other := range e.list {
		if other.code != d.code && slices.ContainsFunc(notes, func(n codebook.Instruction) bool { return n.Refers(other.code) }) {
			present = append(present, other.code)
		}
	}
	x := ruling{rule: finding.CodeFirst, codes: append([]string{d.code}, present...), date: e.date, source: source, data: data}
	switch wrong := slices.DeleteFunc(slices.Clone(present), func(c string) bool { return !e.before(d.code, c) }); {
	case manifest && e.first(d.code):
		x.severity = finding.Error
		x.message = fmt.Sprintf("%s (%s) may not stand first: it is a manifestation, and the underlying disease is coded before it (Official Guidelines I.A.13).", d.code, d.title)
	case len(wrong) > 0:
		x.severity = finding.Warning
		x.message = fmt.Sprintf("%s stands before %s, but the tabular list says to code %s first (Official Guidelines I.A.13).", d.code, list(wrong), list(wrong))
	case len(e.order) > 0 && len(present) > 0:
		return // stated, and as the note asks
	case len(present) > 0:
		x.severity = finding.Info
		x.message = fmt.Sprintf("On the claim %s stands before %s: the tabular list has a \"code first\" note for it.", list(present), d.code)
	case manifest || required:
		x.severity = finding.Info
		x.message = fmt.Sprintf("The underlying condition is coded before %s; none is named here, if it is not also on the claim.", d.code)
		if asked := wanted(notes); asked != "" {
			x.message += " The tabular list: code first " + asked + "."
		}
	default:
		return
	}
	r.rule(x)
}

// additional asks for what the tabular list wants beside a code, in one line, and judges a stated order.
func (r *run) additional(e encounter, d diagnosis) {
	var missing []codebook.Instruction
	answered := map[string]bool{}
	for _, n := range d.instructions {
		if n.Kind != "use-additional" && n.Kind != "code-also" || n.Level == "chapter" || n.Level == "block" {
			continue
		}
		for _, other := range e.list {
			if other.code == d.code || !n.Refers(other.code) {
				continue
			}
			answered[n.At+n.Under] = true
			if n.Kind == "use-additional" && e.before(other.code, d.code) && !slices.ContainsFunc(other.instructions, func(o codebook.Instruction) bool {
				return o.Kind == "code-first" && o.Refers(d.code) // said there
			}) {
				r.rule(ruling{rule: finding.Sequencing, severity: finding.Warning, codes: []string{d.code, other.code}, date: e.date, source: cite(e.source),
					message: fmt.Sprintf("%s stands before %s, but the tabular list asks for it as an additional code, so it follows (Official Guidelines I.A.13).", other.code, d.code),
					data:    map[string]any{"note": n.Text, "note_at": n.At}})
			}
		}
		if len(n.Refs) > 0 && !strings.Contains(n.Text, "if applicable") && !strings.Contains(n.Under, "if applicable") {
			missing = append(missing, n)
		}
	}
	missing = slices.DeleteFunc(missing, func(n codebook.Instruction) bool { return answered[n.At+n.Under] })
	if len(missing) == 0 {
		return
	}
	var notes []string
	for _, n := range missing {
		notes = append(notes, n.Text)
	}
	r.rule(ruling{rule: finding.UseAdditional, severity: finding.Info, codes: []string{d.code}, date: e.date, source: cite(e.source),
		message: fmt.Sprintf("With %s the tabular list asks for a further code where the record supports it, if not also on the claim: %s.", d.code, wanted(missing)),
		data:    map[string]any{"notes": notes}})
}

// wanted words what notes ask for: their own words with their codes; a long list is cut.
func wanted(notes []codebook.Instruction) string {
	const most = 4
	var out []string
	for _, n := range notes {
		if len(n.Refs) == 0 {
			continue
		}
		text := strings.TrimSuffix(strings.TrimSpace(n.Text), ",")
		if !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	if len(out) > most {
		return strings.Join(out[:most], "; ") + fmt.Sprintf("; and %d more", len(out)-most)
	}
	return strings.Join(out, "; ")
}
