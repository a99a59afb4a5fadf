package mailout

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"
)

var update = flag.Bool("update", false, "write the golden files anew")

var testFirm = Firm{
	Name:    "Example Coding Consultants",
	Website: "https://firm.example/",
	Hours:   "Monday to Friday, 9 am to 5 pm Eastern",
	Privacy: "https://desk.firm.example/privacy",
}

func testLetters(t testing.TB) *Letters {
	t.Helper()
	l, err := NewLetters(testFirm)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// due is a Friday in New York.
func due() time.Time {
	eastern := time.FixedZone("EDT", -4*3600)
	return time.Date(2026, time.April, 17, 14, 0, 0, 0, eastern)
}

const (
	sourceRVU    = "Medicare physician fee schedule, RVU26A, January 2026"
	sourceCodes  = "CaseConsultant starter codebook, 2026-11-24"
	sourcePTP    = "NCCI PTP edits, practitioner, v32.0, Q1 2026"
	sourceMUE    = "NCCI MUE table, practitioner, Q1 2026"
	sourceManual = "NCCI Policy Manual 2026, chapter I, section E"
	sourceICD    = "ICD-10-CM code descriptions FY 2026 (CMS, NCHS), April 2026 update"
)

// sinus is the pair question of the model mail.
func sinus() Summary {
	return Summary{
		Case: Case{Reference: "CC-4821-K7RQ9", Subject: "31297-50 with 31288"},
		Headline: "Medicare pays only one of 31297 and 31288 for the same sphenoid sinus on 2 March 2026, and modifier 50 " +
			"does not lift that edit. Whether two sinuses were treated differently is for the record to show.",
		Reading: []Reading{
			{"Billed together, same day, denied", "31297-50, 31288", ""},
			{"Date of service", "2 Mar 2026", "stated"},
			{"Payer", "Medicare Part B", "stated"},
		},
		NotStated: []string{"sides of 31288", "place of service"},
		Codes: []Code{
			{System: "CPT", Code: "31297", Modifiers: []string{"50"}, Title: "Widening the opening of a sphenoid sinus by dilation, through an endoscope",
				State: "In force on 2 Mar 2026", Sources: []string{sourceCodes},
				Descriptions: []Description{
					{Kind: "common", Text: "Under endoscopic view a balloon or similar device is placed in the natural opening of the sphenoid sinus and expanded, so that it drains. No tissue is taken from inside the sinus."},
					{Kind: "used-when", Text: "Dilation was the whole procedure on that sinus.", ReviewedBy: "Dana Example, CPC"},
				},
				Facts: []string{"One side per code, 50 accepted", "0-day global", "endoscopy family of 31231"}},
			{System: "CPT", Code: "31288", Title: "Opening a sphenoid sinus through an endoscope and removing tissue from inside it",
				State: "In force on 2 Mar 2026", Sources: []string{sourceCodes},
				Facts: []string{"One side per code, 50 accepted", "0-day global", "no office rate"}},
		},
		CodeNotes: []string{"AMA's own text is not included in this mail."},
		Findings: []Finding{
			{Note, []string{"31288", "31297"}, "A denial under this edit is a coding denial. The patient may not be billed for it and an ABN does not change that.", []string{sourceManual}},
			{Stop, []string{"31288", "31297"}, "PTP pair: 31288 is column 1 (paid), 31297 column 2 (denied); modifier indicator 1. The pair may be reported together only if the record shows separate sinuses or separate sessions. 50 is not among the modifiers that NCCI recognizes; 31297-50 already says that both sides were dilated.", []string{sourcePTP, sourceManual}},
			{Care, []string{"31297", "31288"}, "Units: at most 1 a day for each code (MAI 2, no more on appeal). Both sides are one line with 50 and 1 unit, not RT and LT lines.", []string{sourceMUE}},
			{OK, nil, "Both codes are in force on the date of service.", []string{sourceCodes}},
		},
		NotChecked: []string{"your contractor's local rules (state not stated)", "ASC and hospital edits (setting not stated)"},
		Next:       Next{Due: due()},
		ToHelp:     []string{"side of each procedure", "place", "state", "denial codes"},
		Commands:   []string{"lookup 31288", "status CC-4821-K7RQ9"},
	}
}

// eight is a guest's first mail: one code in full, the others short.
func eight() Summary {
	s := Summary{
		Case:      Case{Reference: "CC-5102-R3XM4", Subject: "codes for Tuesday"},
		Reading:   []Reading{{"Billed", "99214-25, 20610-RT, J3301 x4, 73562-RT, 97110, 36415, 80053, M17.11", ""}, {"Date of service", "24 Nov 2026", "not stated, today used"}, {"Payer", "", "not stated, Medicare as orientation"}},
		CodeNotes: []string{"20610 is your one code in full. Reply \"register\" (free) for five more."},
		Findings: []Finding{
			{Care, []string{"97110"}, "97110 names no therapy discipline modifier (GP, GO or GN); Medicare returns such lines.", []string{sourceManual}},
			{Care, []string{"J3301"}, "J3301 x4 is 40 mg at 10 mg a unit. If it came from a single-dose vial Medicare wants JZ (nothing discarded) or JW (a line for the waste).", []string{sourceCodes}},
			{Care, []string{"20610", "99214"}, "20610 has a 0-day global: 25 on 99214 needs separate work in the note beyond deciding on the injection.", []string{sourceRVU}},
			{OK, []string{"M17.11"}, "M17.11 (right knee) agrees with RT.", []string{sourceICD}},
		},
		Next: Next{Due: due()},
	}
	short := func(system, code, title string, units int, modifiers ...string) Code {
		return Code{System: system, Code: code, Title: title, Units: units, Modifiers: modifiers}
	}
	s.Codes = []Code{
		{System: "CPT", Code: "20610", Modifiers: []string{"RT"}, Title: "Injection or draining of a large joint, without ultrasound", State: "In force on 24 Nov 2026",
			Descriptions: []Description{{Kind: "common", Text: "A needle is put into a large joint such as the knee, hip or shoulder, to draw fluid out or to put a medicine in."}},
			Facts:        []string{"One side per code", "0-day global"}, Sources: []string{sourceCodes}},
		short("CPT", "99214", "Office visit, established patient, moderate", 0, "25"),
		short("HCPCS", "J3301", "Triamcinolone acetonide, 10 mg", 4),
		short("CPT", "73562", "Knee X-ray, 3 views", 0, "RT"),
		short("CPT", "97110", "Therapeutic exercise, 15 minutes", 0),
		short("CPT", "36415", "Blood draw from a vein", 0),
		short("CPT", "80053", "Comprehensive metabolic panel", 0),
		short("ICD-10-CM", "M17.11", "Osteoarthritis, right knee", 0),
	}
	return s
}

// thirty is an audit list.
func thirty() Summary {
	s := Summary{Case: Case{Reference: "CC-7300-ABCD1", Subject: "audit list for March"}, Next: Next{Due: due()},
		NotFound: []string{"99999: no such code in the CPT part of our files, which is a starter and not the whole set"},
		Problems: []string{"one attachment, an image of 2.1 MB, could not be read"}}
	for i := range 30 {
		s.Codes = append(s.Codes, Code{System: "ICD-10-CM", Code: fmt.Sprintf("S%02d.0%d%dA", i, i%10, i%7),
			Title: []string{"Short title", "A title of middling length that nearly fills its line in the column", "A long title that goes on to describe the site, the side, the kind of injury and the encounter, as ICD-10-CM titles do, and so needs more lines than one"}[i%3],
			State: "In force on 2 Mar 2026", Sources: []string{sourceICD}})
	}
	return s
}

func model() Answer {
	return Answer{
		Case: Case{Reference: "CC-4821-K7RQ9", Subject: "Re: 31297-50 with 31288 [CC-4821-K7RQ9]"},
		Body: `Short answer
No, not as billed. In any one sphenoid sinus Medicare pays either the
dilation (31297) or the opening with tissue removal (31288), not both.
Because 31297-50 reports both sides, no separate sinus is left for 31288.

Report it by what was done on each side
  Both sides: tissue removed (balloon first or not)   31288-50   1 unit
  Right: tissue removed; left: dilated only           31288-RT   1 unit
                                                      31297-LT   1 unit
  Both sides: dilated only                            31297-50   1 unit
Where sides differ, RT and LT themselves tell NCCI that the sites differ.
Add XS or 59 to 31297 only if your contractor asks; never on one side.

What the operative note must show
For each side by name:
- how the opening was made,
- whether tissue was removed from inside the sinus and what, and for the dilated side that dilation was the whole procedure there.

This paragraph was typed into the desk without any line end of its own, so that it is one long line which the text part has to wrap and the HTML part lets flow; see https://www.cms.gov/ncci (chapter V), and <b>nothing</b> here is markup.

  indented by hand
    and deeper,    with a gap

Relied on: your mail of 16 April. Note and claim not seen.`,
		Signature: Signature{Name: "Dana Example", Credential: "CPC, COC (ENT)", ReviewedBy: "R. Sample, CCS"},
		Sources:   []string{"NCCI Policy Manual 2026, chapter V", "PTP row 31288/31297, v32.0", "42 CFR 405.942"},
		RulesOn:   time.Date(2026, time.March, 2, 0, 0, 0, 0, time.UTC),
		Question:  "Can 31297-50 be billed with 31288 on the same day?\nNCCI keeps denying it.",
	}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	l := testLetters(t)
	one := sinus()
	one.Codes, one.Findings, one.NotChecked, one.ToHelp, one.Commands = one.Codes[:1], nil, nil, nil, nil
	one.Headline, one.NotStated, one.Reading = "", nil, one.Reading[1:2]
	one.Next = Next{NoPerson: true}
	names := sinus()
	names.Subject = "RE: Re: [EXTERNAL] FW: Frage von Frau Dr. Ængström-Müller zu „31297“ – 鼻内視鏡手術の質問 und noch sehr viel mehr Text, der nicht mehr in eine Zeile passt [CC-4821-K7RQ9]"
	names.Headline = "鼻内視鏡手術についてのご質問をいただきました。" + strings.Repeat("長い日本語の文章 ", 12)
	names.Reading = []Reading{{"Praxis", "Müller & Söhne <GmbH>", ""}, {"A label that is far too long for the column of labels", "value", "stated"}}
	link := "https://desk.firm.example/" + strings.Repeat("a-very-long-address-", 6)
	names.NotFound = []string{link}
	names.Supplement = true

	letters := []struct {
		name   string
		render func() (Content, error)
	}{
		{"summary_pair", func() (Content, error) { return l.Summary(sinus()) }},
		{"summary_one", func() (Content, error) { return l.Summary(one) }},
		{"summary_eight", func() (Content, error) { return l.Summary(eight()) }},
		{"summary_thirty", func() (Content, error) { return l.Summary(thirty()) }},
		{"summary_names", func() (Content, error) { return l.Summary(names) }},
		{"summary_empty", func() (Content, error) { return l.Summary(Summary{}) }},
		{"acknowledgement", func() (Content, error) {
			return l.Acknowledgement(Acknowledgement{
				Case:      Case{Reference: "CC-6011-TT3W8", Subject: "Op note for Pat Test DOB 01/02/1950", HideSubject: true},
				Received:  []string{"one document, 2 pages, readable"},
				Reading:   []Reading{{"Asked for", "review of a note", ""}, {"Payer", "Medicare Part B", "stated"}},
				NotStated: []string{"date of service"},
				Missing:   []string{"the place of service", "the role of the billing practitioner"},
				Problems:  []string{"one image could not be read; a consultant will look at it"},
				Next:      Next{Due: due()},
				Commands:  []string{"status CC-6011-TT3W8"},
			})
		}},
		{"acknowledgement_empty", func() (Content, error) { return l.Acknowledgement(Acknowledgement{}) }},
		{"answer", func() (Content, error) { return l.Answer(model()) }},
		{"answer_short", func() (Content, error) {
			return l.Answer(Answer{Case: Case{Reference: "CC-4821-K7RQ9"}, Body: "Yes.", Correction: true, Signature: Signature{Name: "Dana Example"}})
		}},
		{"ask_back", func() (Content, error) {
			return l.AskBack(AskBack{Case: Case{Reference: "CC-4821-K7RQ9", Subject: "31297-50 with 31288"},
				Questions: []string{"Which side was 31288 done on?", "Was it done in a hospital outpatient department, in an ambulatory surgical center or in the office, and in which state?"},
				Signature: Signature{Name: "Dana Example", Credential: "CPC"}, Question: "Can 31297-50 be billed with 31288?"})
		}},
		{"notice", func() (Content, error) {
			return l.Notice(Notice{Case: Case{Reference: "CC-4821-K7RQ9"}, Title: "A case waits for you", Headline: "A case waits in the queue general.",
				Lines: []Reading{{"Case", "CC-4821-K7RQ9", ""}, {"Due", "Friday 17 April, 2:00 pm Eastern", ""}},
				Link:  Link{"Open the case on the desk", "https://desk.firm.example/cases/CC-4821-K7RQ9"}, Automatic: true, Internal: true})
		}},
	}
	for _, letter := range letters {
		t.Run(letter.name, func(t *testing.T) {
			t.Parallel()
			c, err := letter.render()
			if err != nil {
				t.Fatal(err)
			}
			golden(t, letter.name+".txt", "Subject: "+c.Subject+"\n\n"+c.Text)
			golden(t, letter.name+".html", c.HTML)
			checkText(t, c.Text)
			checkHTML(t, c.HTML)
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		lines := strings.Split(string(want), "\n")
		for i, line := range strings.Split(got, "\n") {
			if i >= len(lines) || line != lines[i] {
				t.Errorf("%s differs from line %d on; look at it and, if it is meant, run go test -update:\n%s", file, i+1, line)
				return
			}
		}
		t.Errorf("%s is longer than what was rendered", file)
	}
}

// checkText holds the text part to its column.
func checkText(t *testing.T, text string) {
	t.Helper()
	if !strings.HasSuffix(text, "\n") || strings.HasPrefix(text, "\n") || strings.HasSuffix(text, "\n\n") {
		t.Errorf("text does not begin and end with a line")
	}
	for i, line := range strings.Split(text, "\n") {
		if strings.TrimRight(line, " \t") != line {
			t.Errorf("line %d ends in spaces: %q", i+1, line)
		}
		if n := cellsOf(line); n > 76 && strings.ContainsAny(strings.TrimLeft(strings.TrimLeft(line, " "), "->"), " ") {
			t.Errorf("line %d has %d columns and could have been broken: %q", i+1, n, line)
		}
		if strings.Contains(line, "<no value>") || strings.ContainsRune(line, 0) {
			t.Errorf("line %d: %q", i+1, line)
		}
	}
}

// cellsOf counts columns in a way of its own: wide are the scripts used here.
func cellsOf(line string) int {
	n := 0
	for _, r := range line {
		n++
		if r >= 0x1100 && r <= 0x115F || r >= 0x2E80 && r <= 0xFFDC && r != '\uFFFD' || r >= 0x20000 && r < 0x40000 {
			n++
		}
	}
	return n
}

// checkHTML holds the HTML part to what mail programs can do, and to privacy:
// nothing is loaded, nothing runs.
func checkHTML(t *testing.T, page string) {
	t.Helper()
	if len(page) > 100<<10 {
		t.Errorf("HTML of %d bytes: Gmail cuts at 102 KB", len(page))
	}
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for node := range root.Descendants() {
		if node.Type != html.ElementNode {
			continue
		}
		switch node.Data {
		case "img", "script", "iframe", "object", "embed", "form", "input", "link", "svg", "video", "audio", "base":
			t.Errorf("HTML holds <%s>", node.Data)
		}
		for _, attribute := range node.Attr {
			if strings.HasPrefix(attribute.Key, "on") || attribute.Key == "src" || attribute.Key == "background" ||
				strings.Contains(attribute.Val, "url(") || strings.Contains(attribute.Val, "ZgotmplZ") {
				t.Errorf("HTML holds %s=%q", attribute.Key, attribute.Val)
			}
		}
	}
}
