package codebook

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

func TestSeventhCharactersMakeCodesThatExist(t *testing.T) {
	t.Parallel()
	more := `<chapter><name>20</name><desc>x</desc><section id="W20-W49"><diag><name>W45</name><desc>Foreign body or object entering through skin</desc>
		<sevenChrDef><extension char="A">initial encounter</extension><extension char="D">subsequent encounter</extension><extension char="S">sequela</extension>
		<extension char="Z">in no list of codes</extension></sevenChrDef><diag><name>W45.8</name><desc>Other</desc></diag></diag></section></chapter></ICD10CM.tabular>`
	tabular := changed(t, "fy2021/icd10cm_tabular_2021.xml", "icd10cm_tabular_2021.xml", "</ICD10CM.tabular>", more)
	b, _ := build(t, BuildOptions{NoStarter: true}, "testdata/fy2021/icd10cm-order-Jan-2021.txt", tabular)
	for _, test := range []struct{ code, at, base, made string }{
		{"W45.8", "W45", "W45.8XX", "W45.8XXA W45.8XXD W45.8XXS"},
		{"s52501", "S52", "S52.501", "S52.501A S52.501B S52.501C S52.501D S52.501E S52.501F S52.501G S52.501H S52.501J S52.501K S52.501M S52.501N S52.501P S52.501Q S52.501R S52.501S"},
		{"S52.501A", "S52", "S52.501", "S52.501A S52.501B S52.501C S52.501D S52.501E S52.501F S52.501G S52.501H S52.501J S52.501K S52.501M S52.501N S52.501P S52.501Q S52.501R S52.501S"},
		{"S52", "S52", "", ""}, // further characters come first
		{"I10", "", "", ""},
	} {
		s, ok, err := b.SeventhCharacters(t.Context(), test.code, day0(t, "2021-06-01"))
		if err != nil || ok != (test.at != "") {
			t.Fatalf("%s: %v %v", test.code, ok, err)
		}
		var made []string
		for _, c := range s.Characters {
			if c.Character == "" || c.Meaning == "" {
				t.Errorf("%s: %+v", test.code, c)
			}
			if c.Code != "" {
				made = append(made, c.Code)
			}
		}
		if s.At != test.at || s.Base != test.base || strings.Join(made, " ") != test.made {
			t.Errorf("%s: at %s base %q made %q", test.code, s.At, s.Base, strings.Join(made, " "))
		}
	}
	for code, want := range map[string]string{"W45.8A": "W45.8XXA", "W458XD": "W45.8XXD", "W45.8XXA": "", "W45.8Q": "", "S52.501A": ""} {
		if s, _, err := b.SeventhCharacters(t.Context(), code, day0(t, "2021-06-01")); err != nil || s.Meant != want {
			t.Errorf("%s: meant %q, %v, want %q", code, s.Meant, err, want)
		}
	}
	if _, ok, _ := b.SeventhCharacters(t.Context(), "W45.8", day0(t, "2026-06-01")); ok {
		t.Error("the tabular list of another year answers")
	}
}

func TestVisualAcuityHasItsCategories(t *testing.T) {
	t.Parallel()
	table := `<chapter><name>7</name><desc>x</desc><section id="H53-H54"><diag><name>H54</name><desc>Blindness and low vision</desc>
		<diag><name>H54.8</name><desc>Legal blindness, as defined in USA</desc><visualImpairment>
		<visCategory><heading>Category of visual impairment</heading><visRange><heading>x</heading><visMax><heading>Maximum less than:</heading></visMax></visRange></visCategory>
		<visCategory><value>1</value><visRange><visMax><value>6/18</value></visMax><visMin><value>6/60</value></visMin></visRange>
		<visRange><visMax><value>20/70</value></visMax><visMin><value>20/200</value></visMin></visRange></visCategory>
		<visCategory><value>5</value><visRange><visMax><value>No light perception</value></visMax></visRange></visCategory>
		</visualImpairment></diag><diag><name>H54.5</name><desc>Low vision, one eye</desc></diag></diag></section></chapter></ICD10CM.tabular>`
	b, _ := build(t, BuildOptions{NoStarter: true}, "testdata/fy2021/icd10cm-order-Jan-2021.txt",
		changed(t, "fy2021/icd10cm_tabular_2021.xml", "icd10cm_tabular_2021.xml", "</ICD10CM.tabular>", table))
	notes, err := b.Notes(t.Context(), codes.ICD10CM, "H54.511A", day0(t, "2021-06-01"))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range notes {
		if n.Kind == "visual-impairment" && n.At == "H54" {
			got = append(got, n.Text)
		}
	}
	if strings.Join(got, "|") != "category 1: less than 6/18 and at least 6/60; less than 20/70 and at least 20/200|category 5: No light perception" {
		t.Errorf("%q", got)
	}
}

func TestValuesOfAProcedureAreExplained(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/notes2019")
	for _, test := range []struct{ code, want string }{
		{"0FT44ZZ", "3 Operation Resection; 5 Approach Percutaneous Endoscopic"},
		{"097F7ZZ", "3 Operation Dilation; 4 Body Part Eustachian Tube, Right; 5 Approach Via Natural or Artificial Opening"},
		{"I10", ""},
	} {
		list, err := b.PCSValues(t.Context(), test.code, day0(t, "2021-06-01"))
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, v := range list {
			got = append(got, fmt.Sprintf("%d %s %s", v.Position, v.Axis, v.Value))
			if v.Definition == "" && len(v.Includes) == 0 {
				t.Errorf("%+v", v)
			}
		}
		if strings.Join(got, "; ") != test.want {
			t.Errorf("%s: %s", test.code, strings.Join(got, "; "))
		}
	}
	if sideFirst("Eustachian Tube, Right") != "Right Eustachian Tube" {
		t.Error("titles of the order file put the side first")
	}
}

func TestNotesOfHCPCSCodes(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/notes2019")
	on := day0(t, "2019-06-01")
	text, err := b.ProcessingNote(t.Context(), "G0105", on)
	if err != nil || !strings.Contains(text, " ") || strings.Contains(text, "*") || strings.Contains(text, "0064") {
		t.Errorf("%q, %v", text, err)
	}
	if text, _ := b.ProcessingNote(t.Context(), "J1885", on); text != "" {
		t.Errorf("a note for a code that refers to none: %q", text)
	}
	for _, test := range []struct {
		code, on      string
		listed, known bool
	}{{"J3490", "2019-06-01", true, true}, {"J1885", "2019-06-01", false, true}, {"J3490", "2026-06-01", false, false}} {
		listed, known, err := b.NotOtherwiseClassified(t.Context(), test.code, day0(t, test.on))
		if err != nil || listed != test.listed || known != test.known {
			t.Errorf("%+v: %v %v %v", test, listed, known, err)
		}
	}
}

func TestDetailsAreWhatTheFilesKnow(t *testing.T) {
	t.Parallel()
	b := sources(t, "testdata/index2021", "testdata/gems2018", "testdata/drg2026", "testdata/ndc2026", "testdata/coverage", "testdata/notes2019")
	for _, test := range []struct {
		system         codes.System
		code, on, want string
	}{
		{codes.ICD10CM, "T36.0X1A", "2021-06-01", "crosswalks"},
		{codes.ICD10CM, "S52.501A", "2021-06-01", "seventh_characters"},
		{codes.ICD10CM, "I10", "2021-06-01", ""},
		{codes.ICD10PCS, "0FT44ZZ", "2021-06-01", "crosswalks pcs"},
		{codes.HCPCS, "J3301", "2026-11-24", "coverage drugs"},
		{codes.HCPCS, "G0105", "2019-06-01", "processing_note"},
		{codes.CPT, "20610", "2026-11-24", "coverage"},
		{codes.MSDRG, "470", "2026-03-01", "drg"},
		{codes.NDC, "0409-3795-01", "2026-11-24", "ndc"},
		{codes.POS, "11", "2026-03-01", ""},
	} {
		e, _ := lookup(t, b, test.system, test.code, test.on)
		if err := b.AddDetails(t.Context(), &e, day0(t, test.on)); err != nil {
			t.Fatal(err)
		}
		data, err := json.Marshal(e.Details)
		if err != nil {
			t.Fatal(err)
		}
		fields := map[string]any{}
		if err := json.Unmarshal(data, &fields); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, name := range []string{"coverage", "crosswalks", "drg", "drugs", "ndc", "pcs", "processing_note", "seventh_characters"} {
			if _, ok := fields[name]; ok {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != test.want || len(got) != len(fields) {
			t.Errorf("%s %s: %s", test.system, test.code, data)
		}
	}
}

func FuzzPCSDefinitions(f *testing.F) {
	f.Add(fixture(f, "notes2019/icd10pcs_definitions_2021.xml"))
	fuzzSource(f, "icd10pcs_definitions_2021.xml", readPCSDefinitions)
}

func FuzzProcessingNotes(f *testing.F) {
	f.Add(fixture(f, "notes2019/proc_notes_2019.txt"))
	fuzzSource(f, "proc_notes_2019.txt", readProcessingNotes)
}

func FuzzNOC(f *testing.F) {
	f.Add(fixture(f, "notes2019/NOC codes 2019.csv"))
	fuzzSource(f, "NOC codes 2019.csv", readNOC)
}
