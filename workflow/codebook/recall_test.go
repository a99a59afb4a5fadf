package codebook

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wantedCode is one line of a set of queries: what is typed, and the codes that a coder would want first.
type wantedCode struct {
	kind, query string
	codes       []string
}

func readQueries(t testing.TB, file string) []wantedCode {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var out []wantedCode
	for line := range strings.Lines(string(data)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if strings.HasPrefix(line, "#") || len(f) != 3 {
			continue
		}
		out = append(out, wantedCode{f[0], f[1], strings.Split(f[2], " | ")})
	}
	return out
}

// recall is how often a wanted code came first, and among ten.
type recall struct{ first, ten, all int }

func (r recall) String() string {
	return fmt.Sprintf("first %3d (%.1f %%), among ten %3d (%.1f %%) of %d", r.first, 100*float64(r.first)/float64(r.all), r.ten, 100*float64(r.ten)/float64(r.all), r.all)
}

// TestSearchFindsWhatACoderMeans measures recall over everyday questions, on the full ICD-10-CM, ICD-10-PCS and HCPCS files and the starter.
func TestSearchFindsWhatACoderMeans(t *testing.T) {
	t.Parallel()
	dir := reference(t)
	b, _ := build(t, BuildOptions{}, filepath.Join(dir, "icd10cm2021"), filepath.Join(dir, "hcpcs2019"), filepath.Join(dir, "icd10pcs2021"), filepath.Join(dir, "icd10cm2019_index"))
	for _, set := range []struct {
		file       string
		show       bool
		first, ten int // least per cent
	}{{"queries.tsv", true, 75, 95}, {"queries_held.tsv", os.Getenv("CASECONSULTANT_SHOW_HELD") != "", 75, 95}} {
		all := recall{}
		kinds := map[string]recall{}
		for _, q := range readQueries(t, set.file) {
			hits := search(t, b, q.query, SearchOptions{Limit: 10, On: day0(t, "2021-06-01")})
			place := slices.IndexFunc(hits, func(h Hit) bool { return slices.Contains(q.codes, h.Code) })
			k := kinds[q.kind]
			for _, r := range []*recall{&all, &k} {
				r.all++
				r.first += btoi(place == 0)
				r.ten += btoi(place >= 0)
			}
			kinds[q.kind] = k
			if place != 0 && set.show {
				var got []string
				for _, h := range hits[:min(len(hits), 3)] {
					got = append(got, h.Code+" "+clip(h.Title, 60))
				}
				t.Logf("place %d: %s %q wants %s, got %s", place+1, q.kind, q.query, strings.Join(q.codes, " | "), strings.Join(got, "; "))
			}
		}
		for _, kind := range []string{"official", "multi-word", "lay", "abbreviation", "typing", "prefix"} {
			t.Logf("%s %-12s %v", set.file, kind, kinds[kind])
		}
		t.Logf("%s %-12s %v", set.file, "all", all)
		if all.first*100 < all.all*set.first || all.ten*100 < all.all*set.ten {
			t.Errorf("%s: recall fell: %v", set.file, all)
		}
	}
}
