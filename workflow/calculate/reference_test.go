package calculate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRealLongDescriptions: the amounts of drug codes are read from the official file where it is at hand.
func TestRealLongDescriptions(t *testing.T) {
	t.Parallel()
	folder := os.Getenv("CASECONSULTANT_REFERENCE")
	if folder == "" {
		if os.Getenv("CASECONSULTANT_TEST_ALL") != "" {
			t.Fatal("CASECONSULTANT_REFERENCE is not set")
		}
		t.Skip("CASECONSULTANT_REFERENCE is not set")
	}
	text, err := os.ReadFile(filepath.Join(folder, "hcpcs2019", "HCPC2019_CONTR_ANWEB.txt"))
	if err != nil {
		t.Fatal(err)
	}
	titles := map[string]string{}
	for line := range strings.SplitSeq(string(text), "\n") {
		if len(line) > 290 && (line[10] == '3' || line[10] == '4') && line[0] == 'J' {
			titles[line[:5]] = strings.TrimSpace(titles[line[:5]] + " " + strings.TrimSpace(line[11:91]))
		}
	}
	read, unread := 0, []string{}
	for code, title := range titles {
		if _, _, ok := UnitOfTitle(title); ok {
			read++
		} else {
			unread = append(unread, code+" "+title)
		}
	}
	if testing.Verbose() {
		t.Logf("%d of %d read; not: %s", read, len(titles), strings.Join(unread, "\n"))
	}
	if len(titles) < 700 || read*100 < len(titles)*85 {
		t.Errorf("%d of %d long descriptions have an amount", read, len(titles))
	}
	for code, want := range map[string]string{"J1885": "15 mg", "J3301": "10 mg", "J0696": "250 mg", "J1040": "80 mg", "J0585": "1 units", "J1644": "1000 units", "J0561": "100000 units", "J9035": "10 mg", "J3420": "1000 mcg", "J2920": "40 mg", "J1745": "10 mg"} {
		if q, _, ok := UnitOfTitle(titles[code]); !ok || q.String() != want {
			t.Errorf("%s: %v, want %s: %s", code, q, want, titles[code])
		}
	}
}
