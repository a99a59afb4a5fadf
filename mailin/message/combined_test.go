package message_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// Mails put together at random of what the lists hold: a banner, an answer, a sign-off, a quote under an attribution or a header block, a footer.
// Each is told as it is alone.
func TestListedPartsTogether(t *testing.T) {
	t.Parallel()
	load := func(file string, fits func(name string) bool) (texts []string) {
		names, all := listed(t, file)
		for _, name := range names {
			if fits(name) {
				texts = append(texts, all[name])
			}
		}
		return texts
	}
	every := func(string) bool { return true }
	banners, blocks := load("banners.list", every), load("blocks.list", func(name string) bool { return !strings.HasPrefix(name, "EnglishOriginalProton") })
	attributions := load("attributions.list", func(name string) bool { return !strings.HasPrefix(strings.TrimLeft(name, "~"), "EnglishGroupWise") })
	signatures := load("signatures.list", every)
	footers := load("signatures.list", func(name string) bool {
		return strings.HasPrefix(name, "List") || strings.HasPrefix(name, "Virus") || strings.HasPrefix(name, "Notice")
	})
	answers := []string{"The left one, 31297-LT.", "Yes.", "1. left\n2. Medicare", "Can we add 31288?\n\nThe doctor wrote: \"balloon only\".", "See the note:\n\n- 31297 left\n- 31288 right\n\nIs that right?", "左です。", "No > yes.", "Hi Dana,\n\nplease call Pat at 555-555-0100 for the chart.\n\nIs 99213 right?"}
	closings := []string{"", "\n\nThanks,\nLee", "\n\nBest regards,\n\nLee Example", "\n\n- Lee", "\n\nMit freundlichen Grüßen\nLee", "\n\nThank you!\nLee"}
	said := []string{"Which side was it?\n\nThanks,\nDana", "Hello Lee,\nplease send the note for 31297.\n\n-- \nDana Example\nCoding firm", "Who pays?\n\nSent from my iPhone"}
	prefix := func(s, p string) string { return p + strings.ReplaceAll(s, "\n", "\n"+p) }
	right, all := 0, 0
	for seed := range uint64(2000) {
		r := rand.New(rand.NewPCG(seed, 7))
		pick := func(list []string) string { return list[r.IntN(len(list))] }
		l := &labelled{name: "seed", subject: "Re: 31297"}
		if r.IntN(4) == 0 {
			l.addAll('s', pick(banners)+"\n")
		}
		answer := pick(answers) + pick(closings)
		if r.IntN(2) == 0 {
			var sentences []string
			for range 1 + r.IntN(4) {
				if s := pick(asked); s[0] != '>' { // among marked lines nobody could tell
					sentences = append(sentences, fmt.Sprintf(s, 31297))
				}
			}
			answer = strings.Join(sentences, []string{"\n", "\n\n"}[r.IntN(2)]) + pick(closings[1:])
		}
		attribution, history := pick(attributions), pick(said)
		marked := prefix(history, "> ")
		if strings.HasPrefix(attribution, ">") {
			marked = "> \n" + marked
		}
		switch r.IntN(4) {
		case 0: // above, marked
			tight := r.IntN(4) == 0
			if tight {
				l.addAll('r', answer)
			} else {
				l.addAll('r', answer+"\n")
			}
			if !tight && r.IntN(2) == 0 {
				l.addAll('s', pick(signatures)+"\n")
			}
			l.addAll('q', attribution+"\n"+marked)
			if r.IntN(3) == 0 {
				l.addAll('s', "\n"+pick(footers))
			}
		case 1: // above, with a header block
			l.addAll('r', answer+"\n")
			if r.IntN(2) == 0 {
				l.addAll('s', pick(signatures)+"\n")
			}
			block := pick(blocks)
			if strings.HasPrefix(block, ">") || strings.HasPrefix(block, "|") {
				history = prefix(history, block[:1]+" ")
			}
			l.addAll('q', block+"\n\n"+history)
		case 2: // below
			l.addAll('q', attribution+"\n"+marked)
			l.addAll('r', "\n"+answer+"\n")
			if r.IntN(2) == 0 {
				l.addAll('s', pick(signatures))
			}
		case 3: // between
			l.addAll('q', attribution+"\n"+marked)
			l.addAll('r', "\n"+pick(answers)+"\n")
			l.addAll('q', "> And the date?")
			l.addAll('r', "\n"+answer+"\n")
			if r.IntN(2) == 0 {
				l.addAll('s', pick(signatures))
			}
		}
		all++
		if wrong := l.differs(t); wrong == "" {
			right++
		} else if all-right <= 15 {
			t.Errorf("seed %d: %s\nof\n%s", seed, wrong, l.text)
		}
	}
	t.Logf("%d of %d mails are read rightly", right, all)
}
