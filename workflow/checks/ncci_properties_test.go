package checks

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
	"caseconsultant/workflow/finding"
)

var ncciRules = []string{finding.NCCIPTP, finding.MUE, finding.AddOnWithoutPrimary}

// said writes findings with all their words.
func said(list []finding.Finding) string {
	var out []string
	for _, f := range list {
		out = append(out, f.Severity+" "+f.Rule+" "+f.Message)
	}
	slices.Sort(out)
	return strings.Join(out, "\n")
}

// TestNCCIProperties over random mails: the order of mentions changes nothing, an unrelated code adds nothing, and codes of different groups or
// alternatives never meet.
func TestNCCIProperties(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	random := rand.New(rand.NewPCG(11, 20))
	pool := []string{"31288", "31297", "31231", "31267", "20610", "99213", "99214", "27447", "45385", "45380", "80053", "82947", "26055", "64721", "22552", "22551", "61782", "97530", "97140", "J1885", "73562", "99397"}
	modifiers := [][]string{nil, nil, {"RT"}, {"LT"}, {"50"}, {"59"}, {"25"}, {"XS"}, {"51"}, {"F2"}, {"RT", "59"}}
	roles := []codes.Role{codes.RoleBilled, codes.RoleBilled, codes.RoleBilled, codes.RoleBilled, codes.RoleBilled, codes.RoleDenied, codes.RoleAlternative, codes.RoleHistory, codes.RoleReference}
	run := func(list []codes.Mention, setting string) []finding.Finding {
		_, found := ours(check(t, b, Case{Mentions: list, Date: on("2026-03-02"), Payer: medicareFFS, Setting: setting}), ncciRules...)
		return found
	}
	pairsSeen := 0
	for n := range 250 {
		var list []codes.Mention
		for range 4 + random.IntN(7) {
			m := mention(codes.CPT, pool[random.IntN(len(pool))], modifiers[random.IntN(len(modifiers))], roles[random.IntN(len(roles))], 1+random.IntN(5)/4)
			if m.Code[0] == 'J' {
				m.System = codes.HCPCS
			}
			if random.IntN(4) == 0 {
				m.Units = 1 + random.IntN(4)
			}
			list = append(list, m)
		}
		setting := []string{practitioner, outpatient, surgicalCenter, ""}[n%4]
		found := run(list, setting)
		want := said(found)
		turned := slices.Clone(list)
		random.Shuffle(len(turned), func(i, j int) { turned[i], turned[j] = turned[j], turned[i] })
		if got := said(run(turned, setting)); got != want {
			t.Fatalf("another order of %+v:\n%s\nwant\n%s", list, got, want)
		}
		more := append(slices.Clone(list), mention(codes.CPT, "71046", 1), mention(codes.ICD10CM, "I10", 2))
		if got := said(run(more, setting)); got != want && !strings.Contains(want, "add-on") {
			t.Fatalf("an unrelated code beside %+v:\n%s\nwant\n%s", list, got, want)
		}
		for _, f := range found {
			if f.Rule != finding.NCCIPTP {
				continue
			}
			pairsSeen++
			together := false
			for group := 1; group <= 2; group++ {
				held := 0
				for _, code := range f.Codes {
					if slices.ContainsFunc(list, func(m codes.Mention) bool { return m.Code == code && m.Group == group && billing(m.Role) }) {
						held++
					}
				}
				together = together || held == 2
			}
			if !together {
				t.Fatalf("%v met across groups or alternatives of %+v", f.Codes, list)
			}
		}
	}
	if pairsSeen < 50 {
		t.Errorf("only %d pairs were seen", pairsSeen)
	}
}

// TestNoPairAcrossAlternatives: eighty mails with alternatives, denials, several encounters and topics, of codes that all form pairs with each
// other where they stand on one claim.
func TestNoPairAcrossAlternatives(t *testing.T) {
	t.Parallel()
	b := medicare(t)
	pairs := [][2]string{{"31288", "31297"}, {"27447", "99214"}, {"45385", "45380"}, {"29881", "29877"}, {"80053", "82947"}, {"97530", "97140"}, {"20610", "99213"}, {"66984", "66982"}, {"92928", "92920"}, {"99397", "99213"}}
	shapes := map[string][2][]any{
		"either or":               {{codes.RoleAlternative}, {codes.RoleAlternative}},
		"billed, or should it be": {{codes.RoleBilled}, {codes.RoleAlternative}},
		"denied, use instead":     {{codes.RoleDenied}, {codes.RoleAlternative}},
		"replaced":                {{codes.RoleReplaced}, {codes.RoleBilled}},
		"earlier operation":       {{codes.RoleHistory}, {codes.RoleBilled}},
		"two patients":            {{codes.RoleBilled, 1}, {codes.RoleBilled, 2}},
		"two denied claims":       {{codes.RoleDenied, 1}, {codes.RoleDenied, 2}},
		"a topic":                 {{codes.RoleReference}, {codes.RoleBilled}},
	}
	n := 0
	for name, shape := range shapes {
		for _, pair := range pairs {
			n++
			for _, setting := range []string{practitioner, ""} {
				list := []codes.Mention{mention(codes.CPT, pair[0], shape[0]...), mention(codes.CPT, pair[1], shape[1]...)}
				if got, found := ours(check(t, b, Case{Mentions: list, Date: on("2026-03-02"), Payer: medicareFFS, Setting: setting}), finding.NCCIPTP); got != "" {
					t.Errorf("%s %v: %+v", name, pair, found)
				}
			}
		}
	}
	if n != 80 {
		t.Errorf("%s", fmt.Sprint(n, " mails"))
	}
}
