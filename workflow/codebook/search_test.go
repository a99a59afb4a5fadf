package codebook

import (
	"strings"
	"testing"

	"caseconsultant/workflow/codes"
)

func search(t testing.TB, b *Book, words string, opts SearchOptions) []Hit {
	t.Helper()
	hits, err := b.Search(t.Context(), words, opts)
	if err != nil {
		t.Fatalf("%q: %v", words, err)
	}
	return hits
}

func TestSearchPutsTypedCodesFirst(t *testing.T) {
	t.Parallel()
	b := official(t)
	on := day0(t, "2026-03-02")
	for query, want := range map[string]string{
		"31297":                 "cpt 31297 code",
		"code 31297?":           "cpt 31297 code",
		"m5450":                 "icd10cm M54.50 code",
		"M54.50 low back pain":  "icd10cm M54.50 code",
		"j1885":                 "hcpcs J1885 code",
		"3129":                  "cpt 31290 prefix",
		"M54.5":                 "icd10cm M54.5 code",
		"low back pain":         "icd10cm M54.50 title",
		"lower back pains":      "icd10cm M54.50 title",
		"vertebrogenc low back": "icd10cm M54.51 similar",
	} {
		hits := search(t, b, query, SearchOptions{On: on})
		if len(hits) == 0 {
			t.Errorf("%q: nothing", query)
			continue
		}
		got := string(hits[0].System) + " " + hits[0].Code + " " + hits[0].Kind
		if query == "3129" {
			if hits[0].Kind != "prefix" || !strings.HasPrefix(hits[0].Code, "3129") {
				t.Errorf("%q: %s", query, got)
			}
			continue
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", query, got, want)
		}
	}
	hits := search(t, b, "M54.5", SearchOptions{On: on})
	if len(hits) < 4 || hits[1].Code != "M54.50" || hits[1].Kind != "prefix" {
		t.Errorf("the codes below a heading follow it: %+v", hits)
	}
}

func TestSearchKeepsToSystemDayAndLimit(t *testing.T) {
	t.Parallel()
	b := official(t)
	for _, h := range search(t, b, "injection", SearchOptions{System: codes.HCPCS, On: day0(t, "2026-11-01")}) {
		if h.System != codes.HCPCS {
			t.Errorf("not of the system: %+v", h)
		}
		if h.Code == "J3301" {
			t.Error("J3301 is not in the October fixture, which holds the system whole")
		}
	}
	if hits := search(t, b, "pain", SearchOptions{Limit: 3}); len(hits) != 3 {
		t.Errorf("%d hits", len(hits))
	}
	for i, h := range search(t, b, "pain", SearchOptions{Limit: 10_000}) {
		if i >= maxHits {
			t.Fatal("more than the most")
		}
		if h.Title == "" || h.Score <= 0 {
			t.Errorf("%+v", h)
		}
	}
}

func TestSearchOfNothing(t *testing.T) {
	t.Parallel()
	b := starter(t)
	for _, query := range []string{"", "   ", "?!", "\x00\xff", "the of and", "qqqqzzzz", "\"AND\" OR NOT *", strings.Repeat("pain ", 5000)} {
		hits := search(t, b, query, SearchOptions{})
		if hits == nil {
			t.Errorf("%.20q: nil, where JSON wants []", query)
		}
	}
	if hits := search(t, b, "qqqqzzzz", SearchOptions{}); len(hits) != 0 {
		t.Errorf("%+v", hits)
	}
}

func TestStemsMeet(t *testing.T) {
	t.Parallel()
	for _, same := range [][]string{
		{"fracture", "fractures", "fractured"}, {"injury", "injuries"}, {"diagnosis", "diagnoses"}, {"sinus", "sinuses"}, {"disease", "diseases"},
		{"biopsy", "biopsies"}, {"vertebra", "vertebrae"}, {"edema", "oedema"}, {"tumor", "tumours"}, {"hemorrhage", "haemorrhages"},
		{"mass", "masses"}, {"box", "boxes"}, {"Crohn's", "crohn"}, {"Ménière’s", "Meniere's"}, {"hernia", "hernias"}, {"bleeding", "bleed"},
	} {
		for _, w := range same[1:] {
			if a, b := strings.Join(tokens(same[0]), " "), strings.Join(tokens(w), " "); a != b {
				t.Errorf("%s is %s, %s is %s", same[0], a, w, b)
			}
		}
	}
	for _, different := range [][2]string{{"hip", "hips5"}, {"ileum", "ilium"}, {"pelvis", "pelvic"}, {"cat", "cats7"}} {
		if tokens(different[0])[0] == tokens(different[1])[0] {
			t.Errorf("%v meet", different)
		}
	}
	if got := strings.Join(tokens("I&D of an abscess; B12, x-ray"), " "); got != "i&d absces b12 x ray" && got != "i&d abscess b12 x ray" {
		t.Errorf("%s", got)
	}
	for _, w := range []string{"unspecified", "with", "without", "elsewhere", "classified", "complications", "complication", "type", "essential", "primary", "other", "specified", "organism"} {
		if quiet(stem(w)) == 1 {
			t.Errorf("%s (%s) is not quiet", w, stem(w))
		}
	}
}

func TestDistanceWeighsTypingErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"gout", "gout", 0}, {"pneumonia", "pnuemonia", costSwap}, {"asthma", "astma", costSilent}, {"emphysema", "emphasema", costVowel},
		{"hemorrhoid", "hemorhoid", costDouble}, {"abc", "abd", costPlain}, {"abc", "abcd", costPlain},
	} {
		if got := distance(test.a, test.b, 12); got != test.want {
			t.Errorf("%s %s: %d, want %d", test.a, test.b, got, test.want)
		}
		if got := distance(test.b, test.a, 12); got != test.want {
			t.Errorf("%s %s: %d, want %d", test.b, test.a, got, test.want)
		}
	}
	if distance("pneumonia", "hip", 4) != 5 {
		t.Error("beyond the limit is limit and one")
	}
}

// TestSearchMendsSpelling: what is typed wrong finds what was meant, and a word that is right is left alone.
func TestSearchMendsSpelling(t *testing.T) {
	t.Parallel()
	b := starter(t)
	for query, want := range map[string]string{
		"pnuemonia": "J18.9", "bronchitus": "J40", "migrane": "G43.909", "hypertention": "I10", "diabeties": "E11.9", "injectoin into knee": "20610",
		"low bak pain": "M54.50",
	} {
		hits := search(t, b, query, SearchOptions{})
		if len(hits) == 0 || hits[0].Code != want {
			t.Errorf("%q: %+v, want %s first", query, hits[:min(len(hits), 2)], want)
		}
	}
}

func TestSearchKnowsEverydayWords(t *testing.T) {
	t.Parallel()
	b := starter(t)
	for query, want := range map[string]string{
		"heart attack": "I21.9", "CHF": "I50.9", "htn": "I10", "uti": "N39.0", "lap chole": "47562", "ACL surgery": "29888", "TKA": "27447", "EGD": "43235",
		"I&D": "10060", "bph": "N40.0", "MVA": "V89.2XXA", "sob": "R06.02", "dm2 with neuropathy": "E11.40", "diabetes type ii": "E11.9", "gout NOS": "M10.9",
		"removal of ear wax": "69210", "pain in the knee, left": "M25.562", "lt knee pain": "M25.562", "balloon sinuplasty": "31295", "toradol": "J1885",
	} {
		hits := search(t, b, query, SearchOptions{})
		if len(hits) == 0 || hits[0].Code != want {
			t.Errorf("%q: %+v, want %s first", query, hits[:min(len(hits), 2)], want)
		}
	}
}
