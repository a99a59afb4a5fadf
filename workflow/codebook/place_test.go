package codebook

import (
	"slices"
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

func TestRangesAndPatternsAreRead(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"99202-99205": "cpt 99202 99205", "99202 – 99205": "cpt 99202 99205", "99202 thru 99205": "cpt 99202 99205", "99212-5": "cpt 99212 99215",
		"E11.2-E11.4": "icd10cm E112 E114", "e11.2 to e11.4": "icd10cm E112 E114", "E11.*": "icd10cm E11 E11", "J18*": "icd10cm J18 J18", "S72.0-": "icd10cm S720 S720",
		"3129x": "cpt 3129 3129 3129?", "992xx": "cpt 992 992 992??", "G04??": "hcpcs G04 G04 G04??", "M54.5x": "icd10cm M545 M545 M545?",
		"31297": "", "31297-50": "", "99213-25": "", "M54.50": "", "": "", "*": "", "pain": "", "E11-J18": "", "99205-99202": "", "-": "", "??": "",
	} {
		r, ok := ParseRange(written)
		got := strings.TrimSpace(strings.Join([]string{string(r.System), r.first, r.last, r.pattern}, " "))
		if !ok {
			got = ""
		}
		if got != want {
			t.Errorf("%q: %q, want %q", written, got, want)
		}
	}
}

func TestExpandListsWhatIsInForce(t *testing.T) {
	t.Parallel()
	b := official(t)
	r, ok := ParseRange("M54.5*")
	if !ok {
		t.Fatal("no pattern")
	}
	all, total, err := b.Expand(t.Context(), r, day0(t, "2026-03-02"), 0, 0)
	if err != nil || total < 3 || len(all) != total {
		t.Fatalf("%d of %d: %v", len(all), total, err)
	}
	if all[0].Code != "M54.5" || all[0].Billable || all[1].Code != "M54.50" || !all[1].Billable || !all[1].Valid {
		t.Errorf("the heading comes first, then what is below it: %+v", all)
	}
	page, again, err := b.Expand(t.Context(), r, day0(t, "2026-03-02"), 1, 2)
	if err != nil || again != total || len(page) != 2 || page[0] != all[1] {
		t.Errorf("a page of it: %+v of %d, %v", page, again, err)
	}
	if past, _, err := b.Expand(t.Context(), r, day0(t, "2026-03-02"), total+5, 2); err != nil || len(past) != 0 {
		t.Errorf("beyond the end: %+v, %v", past, err)
	}
	before, _, err := b.Expand(t.Context(), r, day0(t, "2021-06-01"), 0, 0)
	if err != nil || slices.ContainsFunc(before, func(l Listed) bool { return l.Code == "M54.50" }) {
		t.Errorf("M54.50 did not exist in 2021: %+v, %v", before, err)
	}
}

func TestNearestFindsWhatWasMeant(t *testing.T) {
	t.Parallel()
	b := starter(t)
	for _, test := range []struct {
		system    codes.System
		code      string
		want, why string
	}{
		{codes.ICD10CM, "M54.5O", "M54.50", whyAlike}, {codes.ICD10CM, "E1l.9", "E11.9", whyAlike}, {codes.ICD10CM, "W19XA", "W19.XXXA", whyX},
		{codes.CPT, "99231", "", ""}, {codes.CPT, "31279", "31297", whySwap}, {codes.CPT, "2061O", "20610", whyAlike}, {codes.CPT, "994955", "99495", whyMore},
		{codes.HCPCS, "J188", "J1885", whyFewer}, {codes.ICD10CM, "E11.98", "E11.9", whyMore},
	} {
		got, err := b.Nearest(t.Context(), test.system, test.code, day0(t, "2026-03-02"), 3)
		if err != nil {
			t.Fatal(err)
		}
		if len(got) > 3 || slices.ContainsFunc(got, func(s Suggestion) bool { return keyOf(s.Code) == keyOf(test.code) || s.Title == "" || s.Why == "" }) {
			t.Errorf("%s: %+v", test.code, got)
		}
		if test.want != "" && (len(got) == 0 || got[0].Code != test.want || got[0].Why != test.why) {
			t.Errorf("%s: %+v, want %s first", test.code, got, test.want)
		}
	}
	for _, odd := range []string{"", "?", strings.Repeat("9", 50)} {
		if got, err := b.Nearest(t.Context(), codes.CPT, odd, day0(t, "2026-03-02"), 0); err != nil || len(got) != 0 {
			t.Errorf("%q: %+v, %v", odd, got, err)
		}
	}
}

func TestPlaceTellsHeadingsSidesAndNeighbors(t *testing.T) {
	t.Parallel()
	b := official(t)
	e, _ := lookup(t, b, codes.ICD10CM, "M17.11", "2026-03-02")
	if err := b.AddPlace(t.Context(), &e, day0(t, "2026-03-02")); err != nil {
		t.Fatal(err)
	}
	if len(e.Hierarchy) == 0 || e.Hierarchy[0].Kind != "chapter" || e.Hierarchy[0].Code != "13" {
		t.Errorf("%+v", e.Hierarchy)
	}
	if e.Flags["laterality"] != "right" {
		t.Errorf("flags: %v", e.Flags)
	}
	if !slices.ContainsFunc(e.Related, func(r Related) bool { return r.Code == "M17.12" && r.Relation == "left" }) {
		t.Errorf("the left knee is its counterpart: %+v", e.Related)
	}
	add, _ := lookup(t, b, codes.CPT, "11103", "2026-03-02")
	if err := b.AddPlace(t.Context(), &add, day0(t, "2026-03-02")); err != nil || add.Flags["add_on"] == "" || add.Hierarchy[0].Code != "surgery-skin" {
		t.Errorf("%v %+v %v", add.Flags, add.Hierarchy, err)
	}
	unknown, _ := lookup(t, b, codes.ICD10CM, "M54.5O", "2026-03-02")
	if err := b.AddPlace(t.Context(), &unknown, day0(t, "2026-03-02")); err != nil || len(unknown.DidYouMean) == 0 || unknown.DidYouMean[0].Code != "M54.50" {
		t.Errorf("%+v %v", unknown.DidYouMean, err)
	}
}

func TestRealCodesHaveBlocksWithTitles(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	b, _ := build(t, BuildOptions{NoStarter: true}, dir+"/icd10cm2021")
	e, _ := lookup(t, b, codes.ICD10CM, "S72.001", "2021-06-01")
	if err := b.AddPlace(t.Context(), &e, day0(t, "2021-06-01")); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range e.Hierarchy {
		got = append(got, l.Kind+" "+l.Code+" "+l.Title)
	}
	want := []string{"chapter 19 Injury, poisoning and certain other consequences of external causes", "block S70-S79 Injuries to the hip and thigh",
		"category S72 Fracture of femur", "heading S72.0 Fracture of head and neck of femur", "heading S72.00 Fracture of unspecified part of neck of femur"}
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if e.Flags["seventh_character"] != "needed" {
		t.Errorf("%v", e.Flags)
	}
	var sides []string
	if len(e.Related) < 12 || e.Related[0].Code != "S72.001A" || e.Related[0].Relation != "below" {
		t.Errorf("what is below the heading comes first: %+v", e.Related)
	}
	for _, r := range e.Related {
		if r.Relation == "below" {
			continue
		}
		sides = append(sides, r.Relation+" "+r.Code)
	}
	if !slices.Equal(sides, []string{"left S72.002", "unspecified side S72.009"}) {
		t.Errorf("%q", sides)
	}
}

func TestSearchKeepsToChapterAndToWhatMayBeReported(t *testing.T) {
	t.Parallel()
	b := starter(t)
	for _, h := range search(t, b, "fracture", SearchOptions{Chapter: "13"}) {
		if c, _ := ChapterOf(h.System, h.Code); c.ID != "13" {
			t.Errorf("not of chapter 13: %+v", h)
		}
	}
	hits := search(t, b, "pain", SearchOptions{Chapter: "surgery", Limit: 50})
	if len(hits) == 0 {
		t.Error("surgery has nothing about pain")
	}
	for _, h := range hits {
		if c, _ := ChapterOf(h.System, h.Code); !strings.HasPrefix(c.ID, "surgery-") {
			t.Errorf("no surgery: %+v", h)
		}
	}
	headings := 0
	for _, billable := range []bool{false, true} {
		for _, h := range search(t, b, "diabetes", SearchOptions{Billable: billable, Limit: 50}) {
			e, _, err := b.Lookup(t.Context(), h.System, h.Code, day0(t, "2026-03-02"))
			if err != nil {
				t.Fatal(err)
			}
			if !e.Billable && !billable {
				headings++
			} else if e.Flags["heading"] != "" && billable {
				t.Errorf("a heading: %+v", h)
			}
		}
	}
	if headings == 0 {
		t.Error("without the filter headings are found too")
	}
}

func TestEveryCodeOfTheStarterHasAChapter(t *testing.T) {
	t.Parallel()
	b := starter(t)
	for _, system := range []codes.System{codes.CPT, codes.HCPCS, codes.ICD10CM} {
		for i := range b.members[system] {
			m := &b.members[system][i]
			for j := range m.flags {
				if c, ok := ChapterOf(system, m.key(j)); !ok || c.Title == "" {
					t.Errorf("%s %s is in no chapter", system, m.key(j))
				}
			}
		}
	}
}

func FuzzParseRange(f *testing.F) {
	for _, seed := range []string{"99202-99205", "3129x", "E11.*", "99212-5", "S72.0-", "..", "xxxxx", "A?-B*", "–"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, written string) {
		if r, ok := ParseRange(written); ok && (r.System == "" || r.first == "" || r.first > r.last) {
			t.Errorf("%q: %+v", written, r)
		}
	})
}
