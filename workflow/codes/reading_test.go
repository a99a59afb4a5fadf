package codes

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

var received = time.Date(2026, 4, 16, 15, 0, 0, 0, time.UTC)

func readReply(text string) Reading {
	return Read([]Source{{Source: "reply", Text: text}}, received, Options{})
}

func TestDates(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []string // date kind basis
		dos  string
	}{
		{"DOS 2026-03-02", []string{"2026-03-02 dos stated"}, "2026-03-02"},
		{"DOS: 1/8/26", []string{"2026-01-08 dos stated"}, "2026-01-08"},
		{"date of service was March 2, 2026", []string{"2026-03-02 dos stated"}, "2026-03-02"},
		{"DOS 3/2/26-3/4/26", []string{"2026-03-02 dos stated"}, "2026-03-02"},
		{"DOS 3/2-3/4/2026", []string{"2026-03-02 dos stated"}, "2026-03-02"},
		{"DOS 3/2", []string{"2026-03-02 dos year assumed"}, ""},
		{"DOS 12/15", []string{"2025-12-15 dos year assumed"}, ""},
		{"DOB 03/04/1948", []string{"1948-03-04 unknown stated"}, ""},
		{"scheduled for 4/22/2026", []string{"2026-04-22 planned planned"}, ""},
		{"surgery tomorrow", []string{"2026-04-17 planned planned"}, ""},
		{"admitted 1/12/2026, discharged 1/15/2026", []string{"2026-01-12 admission stated", "2026-01-15 discharge stated"}, ""},
		{"denied on 03/15/2026", []string{"2026-03-15 denial stated"}, ""},
		{"letter dated 15 March 2026", []string{"2026-03-15 unknown stated"}, ""},
		{"seen on 2/20/2026", []string{"2026-02-20 dos stated"}, "2026-02-20"},
		{"DTP*472*D8*20260302~", []string{"2026-03-02 dos stated"}, "2026-03-02"},
		{"BP 120/80, pain 6/10, 20/40 OS, L4/5", nil, ""},
		{"99213/99214 and 13/45/2026", nil, ""},
		{"call 555-0142, NDC 00409-1158-02, 8 weeks", nil, ""},
	}
	for _, tt := range tests {
		r := readReply(tt.text)
		var got []string
		for _, d := range r.Dates {
			got = append(got, fmt.Sprint(d.Date, " ", d.Kind, " ", d.Basis))
			if tt.text[d.Start:d.End] == "" {
				t.Errorf("%q: empty date", tt.text)
			}
		}
		if !slices.Equal(got, tt.want) || r.DateOfService != tt.dos {
			t.Errorf("%q: got %q, date of service %q; want %q, %q", tt.text, got, r.DateOfService, tt.want, tt.dos)
		}
	}
}

func TestIntentKindPayer(t *testing.T) {
	t.Parallel()
	tests := []struct{ text, intent, kind, payer string }{
		{"Thank you so much, that helped!", "thanks", "none", "unknown"},
		{"Thanks! But what about 99214?", "question", "question", "unknown"},
		{"Thanks, will resubmit 99213-25.", "question", "question", "unknown"},
		{"Thanks, could you also send the LCD", "question", "question", "unknown"},
		{"31297", "lookup", "question", "unknown"},
		{"lookup J1885", "lookup", "question", "unknown"},
		{"What is CPT code 99213?", "lookup", "question", "unknown"},
		{"help", "command", "question", "unknown"},
		{"", "none", "none", "unknown"},
		{"20610 denied CO-97, Medicare Part B", "question", "denial", "medicare_ffs"},
		{"Please help us draft an appeal for 64483", "question", "appeal", "unknown"},
		{"Does 64493 need prior auth? Aetna Medicare plan", "question", "prior_auth", "medicare_advantage"},
		{"What does Medicare pay for 99214 in zip 10021, how much?", "question", "fee", "medicare_ffs"},
		{"What do we bill? op note attached. Workers comp", "question", "chart_review", "workers_comp"},
		{"DRG 871 or 872? Tricare", "question", "drg", "tricare_va"},
		{"Does E11.42 map to an HCC?", "question", "hcc", "unknown"},
		{"Need a non-leading query to the physician about sepsis", "question", "doc_query", "unknown"},
		{"Explain the guidelines for 99291", "question", "education", "unknown"},
		{"Lap chole tomorrow 7:30, 47562", "question", "scheduling", "unknown"},
		{"Blue Cross wants 99213-25", "question", "question", "commercial"},
		{"State Medicaid, 59400", "question", "question", "medicaid"},
		{"Following up on my question about 99213", "followup", "question", "unknown"},
	}
	for _, tt := range tests {
		r := readReply(tt.text)
		if r.Intent != tt.intent || r.Kind != tt.kind || r.Payer != tt.payer {
			t.Errorf("%q: intent %s, kind %s, payer %s; want %s, %s, %s", tt.text, r.Intent, r.Kind, r.Payer, tt.intent, tt.kind, tt.payer)
		}
	}
}

func TestAMessageIsReadWhole(t *testing.T) {
	t.Parallel()
	r := Read([]Source{
		{Source: "subject", Text: "31297-50 with 31288"},
		{Source: "reply", Text: "Can 31297-50 be billed with 31288? Patient has J32.3."},
		{Source: "attachment:eob.txt", Attachment: "1", Text: "31288 CO-97 N20"},
	}, received, Options{})
	var got []string
	for _, m := range r.Mentions {
		got = append(got, m.Source+" "+m.Code+" "+m.Attachment)
	}
	want := []string{"subject 31297 ", "subject 31288 ", "reply J32.3 "}
	if !slices.Equal(got, want) {
		t.Errorf("mentions %q, want %q: a code named twice is one mention", got, want)
	}
	if len(r.Occurrences) != 6 {
		t.Errorf("%d occurrences, want all 6", len(r.Occurrences))
	}
	if len(r.References) != 2 || r.References[0].Source != "attachment:eob.txt" || r.References[0].Value != "CO-97" {
		t.Errorf("references %+v", r.References)
	}
	for _, topic := range []string{"codes", "modifiers", "ncci"} {
		if !slices.Contains(r.Topics, topic) {
			t.Errorf("no topic %s in %v", topic, r.Topics)
		}
	}
}

// TestACodeOfTwoEncountersIsInBothGroups: checks of pairs look within a group.
func TestACodeOfTwoEncountersIsInBothGroups(t *testing.T) {
	t.Parallel()
	r := readReply("Patient A: 99213-25, 17000. Patient B: 11102, 17000.")
	if len(r.Mentions) != 3 {
		t.Errorf("%d mentions, want 17000 once", len(r.Mentions))
	}
	var got []string
	for _, m := range r.InGroups() {
		got = append(got, fmt.Sprint(m.Code, "@", m.Group))
	}
	if want := []string{"99213@1", "17000@1", "11102@2", "17000@2"}; !slices.Equal(got, want) {
		t.Errorf("in groups %v, want %v", got, want)
	}
}
