package codes

import (
	"fmt"
	"maps"
	"strings"
	"testing"
)

// wordy are inputs made to be slow for what stands around the mentions: each
// repeats what the rules for roles and groups look for.
var wordy = map[string]string{
	"or":          "99213 or 99214 ",
	"denied":      "99213 was denied, 99214 denied ",
	"lines":       "99213 denied\n",
	"numbers":     "1) 99213 with 20610?\n",
	"inline":      "1) 99213 ",
	"rows":        "A\t99213\t25\n",
	"table":       "Patient\tCPT\nA\t99213\nB\t20610\n\n",
	"questions":   "Which is right? ",
	"whiches":     "Which is right, 99213 or 99214? ",
	"instead":     "use 99213 instead of 99214 should have been ",
	"ago":         "99213 weeks ago, s/p 20610 later ",
	"parens":      "99213 (CO-97), ",
	"ordinals":    "99213 on 2/17, 20610 too. All paid except the fourth. The 2/17 denied. ",
	"opinions":    "We disagree. He would send 99213. Or 99214? ",
	"exchanges":   "changed 99213 to 99214 and 20610 to 20611 and ",
	"open":        "99213 ( ( ( ",
	"paragraphs":  "One more\n\n99213\n\n",
	"days":        "3/2/2026: 99213. 3/4/2026: 99214.\n",
	"changes":     "change it to 99213, replaced by ",
	"says":        "auditor says 99213 coder says 99214 ",
	"if":          "if so 99213 if not 99214. ",
	"later":       "the next day 99213 ",
	"history":     "history: 99213 ",
	"options":     "options: 99213\n",
	"claims":      "CLP*1*4*1*0~SVC*HC:99213*1*0~CAS*CO*97*1~",
	"codes alone": "99213\n",
}

// BenchmarkReadGrowth: the cost a byte must not rise with the size.
func BenchmarkReadGrowth(b *testing.B) {
	all := map[string]string{}
	for _, m := range []map[string]string{hostile, wordy} {
		maps.Copy(all, m)
	}
	for name, unit := range all {
		for _, size := range []int{16 << 10, 256 << 10} {
			src := []Source{{Source: "reply", Text: repeated(unit, size)}}
			b.Run(fmt.Sprintf("%s/%dK", strings.ReplaceAll(name, " ", "-"), size>>10), func(b *testing.B) {
				b.SetBytes(int64(size))
				for b.Loop() {
					Read(src, received, Options{})
				}
			})
		}
	}
}
