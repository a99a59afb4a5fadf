package codes

import (
	"regexp"
	"slices"
	"strings"
)

var (
	numberedDiagnosis = regexp.MustCompile(`(?i)(?:^|[\s;,(]|\bdx|\bdiagnosis|\bdiag|\bptr)[ \t]*#?([1-9]|1[0-2]|[a-l])[ \t]?[.):=][ \t]*(?:icd-?10(?:-cm)?:?[ \t]*)?$`)
	firstDiagnosis    = regexp.MustCompile(`(?i)\b(?:primary|principal|first[- ]listed)(?:[ \t]+(?:dx|diagnosis|diag|code|icd-?10))?[ \t]*(?:is|was|:|=|-)?[ \t]*$`)
	laterDiagnosis    = regexp.MustCompile(`(?i)\bsecondary(?:[ \t]+(?:dx|diagnosis|diag|code|icd-?10))?[ \t]*(?:is|was|:|=|-)?[ \t]*$`)
)

// labelBefore is how far before a code its place in the order may be written.
const labelBefore = 40

// diagnosisOrder reads, by group, the order of diagnoses that a text itself states: lines or items that are numbered 1, 2 or lettered A, B as
// on a claim form, or the words "primary", "principal", "first-listed" and "secondary". Groups that state none are not in it: the order of
// words in a mail is not the order of a claim. Of numbered items all count, repeated codes too.
func diagnosisOrder(text string, ms []Mention) map[int][]string {
	type item struct {
		code, label string
	}
	numbered := map[int][]item{}
	primary, secondary := map[int][]string{}, map[int][]string{}
	for _, m := range ms {
		if m.System != ICD10CM || m.RangeEnd != "" || m.Start < 0 || m.Start > len(text) || m.Role != RoleBilled && m.Role != RoleDenied {
			continue
		}
		before := text[max(0, m.Start-labelBefore):m.Start]
		switch {
		case firstDiagnosis.MatchString(before):
			primary[m.Group] = append(primary[m.Group], m.Code)
		case laterDiagnosis.MatchString(before):
			secondary[m.Group] = append(secondary[m.Group], m.Code)
		default:
			if label := numberedDiagnosis.FindStringSubmatch(before); label != nil {
				numbered[m.Group] = append(numbered[m.Group], item{m.Code, strings.ToUpper(label[1])})
			}
		}
	}
	var out map[int][]string
	put := func(group int, order []string) {
		if out == nil {
			out = map[int][]string{}
		}
		out[group] = order
	}
	for group, items := range numbered {
		// One label alone is no order; labels that begin anew or change their kind are lists of something else.
		if len(items) < 2 || items[0].label != "1" && items[0].label != "A" {
			continue
		}
		rises := !slices.ContainsFunc(items[1:], func(i item) bool { return (i.label[0] >= 'A') != (items[0].label[0] >= 'A') })
		var order []string
		for i, it := range items {
			rises = rises && (i == 0 || rankOf(it.label) > rankOf(items[i-1].label))
			order = append(order, it.code)
		}
		if rises {
			put(group, order)
		}
	}
	for group, first := range primary {
		if len(first) == 1 { // two of them belong to two claims
			put(group, append(first, secondary[group]...))
		}
	}
	return out
}

func rankOf(label string) int {
	if len(label) == 2 {
		return 10 + int(label[1]-'0')
	}
	return int(label[0] & 0x1f)
}
