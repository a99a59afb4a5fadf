package codebook

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"math"
	"slices"
	"sort"
	"strings"

	"caseconsultant/workflow/codes"
)

// fitsWell is the score below which a section is no answer. It is set on the questions of testdata/rulebooks/questions.tsv between the
// worst right answer and the best wrong one, nearer to the wrong ones: a missing passage is looked for, a wrong one is believed.
const fitsWell = 34

// ruleWords is the vocabulary of the rule books: every stem with the number of passages that have it, and what people type instead.
type ruleWords struct {
	*lexicon
	synonyms map[string][]synonym // by first stem, the longest first
}

// synonym is a way of typing something and what the books say, alternatives of stems that must all be there.
type synonym struct {
	typed   []string
	meaning [][]string
}

func (b *Book) loadRuleWords() (*ruleWords, error) {
	ctx := context.Background() // it serves all later questions too
	w := &ruleWords{lexicon: &lexicon{vocabulary: &vocabulary{}}, synonyms: map[string][]synonym{}}
	counts := map[string]int32{}
	err := b.rows(ctx, "SELECT term, doc FROM passage_terms", func(rows *sql.Rows) error {
		var term string
		var n int32
		err := rows.Scan(&term, &n)
		counts[strings.ReplaceAll(term, "xandx", "&")] = n
		return err
	})
	if err != nil {
		return nil, err
	}
	if err := b.db.QueryRowContext(ctx, "SELECT count(*) FROM passages").Scan(&w.total); err != nil {
		return nil, err
	}
	w.stems = slices.Sorted(maps.Keys(counts))
	for _, s := range w.stems {
		w.count = append(w.count, counts[s])
		w.letters = append(w.letters, letterBits(s))
	}
	w.add(passageSynonyms)
	names, err := loadVocabulary()
	if err != nil {
		return nil, err
	}
	for _, t := range names.typed {
		w.synonyms[t.stems[0]] = append(w.synonyms[t.stems[0]], synonym{t.stems, t.meaning})
	}
	for _, list := range w.synonyms {
		slices.SortStableFunc(list, func(a, b synonym) int { return len(b.typed) - len(a.typed) })
	}
	return w, nil
}

// add reads lines of typed TAB meaning, meanings separated by " | "; # begins a comment.
func (w *ruleWords) add(table string) {
	for line := range strings.SplitSeq(table, "\n") {
		typed, meanings, ok := strings.Cut(line, "\t")
		s := synonym{typed: tokens(typed)}
		if !ok || strings.HasPrefix(line, "#") || len(s.typed) == 0 {
			continue
		}
		for m := range strings.SplitSeq(meanings, " | ") {
			if stems := tokens(m); len(stems) > 0 {
				s.meaning = append(s.meaning, stems)
			}
		}
		w.synonyms[s.typed[0]] = append(w.synonyms[s.typed[0]], s)
	}
}

// byCode finds the passages that speak of the codes, with how closely they do.
func (ask *inquiry) byCode(ctx context.Context, b *Book, found map[int64]float64) error {
	for _, c := range ask.codes {
		keys := []any{string(c.system), c.first}
		marks := "$2"
		if c.system == codes.ICD10CM {
			for n := 3; n < len(c.first); n++ {
				keys = append(keys, c.first[:n])
				marks += fmt.Sprintf(", $%d", len(keys))
			}
		}
		each := func(rows *sql.Rows) error {
			s := codeSpan{system: c.system}
			var id int64
			if err := rows.Scan(&s.first, &s.last, &id); err != nil {
				return err
			}
			found[id] = max(found[id], s.covers(c.system, c.first))
			return nil
		}
		if err := b.rows(ctx, "SELECT first, last, passage FROM passage_codes WHERE system = $1 AND first IN ("+marks+") AND last = ''", each, keys...); err != nil {
			return err
		}
		if err := b.rows(ctx, "SELECT first, last, passage FROM passage_codes WHERE system = $1 AND first <= $2 AND last <> ''", each, string(c.system), c.first); err != nil {
			return err
		}
		if c.system == codes.ICD10CM && len(c.first) >= 3 {
			if err := b.rows(ctx, "SELECT first, last, passage FROM passage_codes WHERE system = $1 AND first > $2 AND first < $3 AND last = ''", each, string(c.system), c.first, c.first+"~"); err != nil {
				return err
			}
		}
	}
	maps.DeleteFunc(found, func(_ int64, how float64) bool { return how == 0 })
	return nil
}

// byWords adds the likeliest passages by their words, as FTS5 ranks them.
func (ask *inquiry) byWords(ctx context.Context, b *Book, found map[int64]float64) error {
	var ways []string
	for _, a := range ask.slots {
		for _, w := range a.ways {
			var all []string
			for _, r := range w.stems {
				all = append(all, ask.anyOf(r))
			}
			ways = append(ways, "("+strings.Join(all, " AND ")+")")
		}
	}
	if len(ways) == 0 {
		return nil
	}
	return b.rows(ctx, "SELECT rowid FROM passage_words WHERE passage_words MATCH $1 ORDER BY bm25(passage_words, 5.0, 1.5, 1.0), rowid LIMIT $2", func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		found[id] += 0
		return err
	}, strings.Join(ways, " OR "), passageCandidates)
}

func (ask *inquiry) anyOf(r stems) string {
	var words []string
	for n := r.first; n < min(r.end, r.first+maxExpanded); n++ {
		words = append(words, quote(indexed(ask.lex.stems[n-1])))
	}
	return "(" + strings.Join(words, " OR ") + ")"
}

// readPassage is a candidate, with the days of the section.
type readPassage struct {
	Passage
	first, last day
	release     guideRelease
}

func (b *Book) readPassages(ctx context.Context, found map[int64]float64, releases map[int]guideRelease) ([]readPassage, error) {
	ids := slices.Sorted(maps.Keys(found))
	if len(ids) > 400 { // a code that every section names: the ones that speak of it most closely
		sort.SliceStable(ids, func(i, j int) bool { return found[ids[i]] > found[ids[j]] })
		ids = ids[:400]
	}
	var out []readPassage
	st, err := b.db.PrepareContext(ctx, `SELECT release, document, edition, number, title, above, page, to_page, revision, first_day, copyright, text
		FROM passages WHERE id = $1`)
	if err != nil {
		return nil, err
	}
	defer st.Close()
	for _, id := range ids {
		p := readPassage{Passage: Passage{Kind: kindPassage, Above: []string{}, Codes: []string{}, id: id}}
		var release int
		var above, page, to string
		if err := st.QueryRowContext(ctx, id).Scan(&release, &p.Document, &p.Edition, &p.Section, &p.Title, &above, &page, &to, &p.Revision, &p.first, &p.Copyright, &p.Text); err != nil {
			return nil, err
		}
		r, ok := releases[release]
		if !ok {
			continue
		}
		p.release, p.last = r, r.last
		if p.Copyright != "" {
			p.Licence = LicenceCPT
		}
		if above != "" {
			p.Above = strings.Split(above, "\n")
		}
		if p.Pages = page; to != page && to != "" {
			p.Pages += " to " + to
		}
		out = append(out, p)
	}
	return out, nil
}

func (b *Book) passageCodes(ctx context.Context, id int64) ([]string, error) {
	out := []string{}
	err := b.rows(ctx, "SELECT system, first, last FROM passage_codes WHERE passage = $1 ORDER BY system, first, last", func(rows *sql.Rows) error {
		var c codeSpan
		err := rows.Scan(&c.system, &c.first, &c.last)
		out = append(out, c.String())
		return err
	}, id)
	return out, err
}

// Where a word of the question stands counts so much.
const (
	inTitle = 1.0
	inAbove = 0.75
	inBody  = 0.6 // once; 0.85 when it is what the section is about
)

// score says how well a section answers, from 0 to 100: how much of what was asked it has and where, whether it stands together, how much
// else the title speaks of, and how closely the section speaks of the codes.
func (ask *inquiry) score(p Passage, code float64) float64 {
	title, above, body := ask.numbers(p.Title), ask.numbers(strings.Join(p.Above, "\n")), ask.numbers(p.Text)
	var got, wanted float64
	strong := 0 // what tells something and is there
	matched := map[int32]bool{}
	for _, a := range ask.slots {
		wanted += a.weight
		best := 0.0
		for _, w := range a.ways {
			for _, field := range []struct {
				stems []int32
				value float64
				title bool
			}{{title, inTitle, true}, {above, inAbove, false}, {body, inBody, false}} {
				n := times(field.stems, w)
				if n == 0 {
					continue
				}
				v := field.value
				if field.value == inBody {
					v += 0.25 * (1 - 1/float64(n)) * 200 / (200 + float64(len(body)))
				}
				if field.title {
					noteMatched(title, w, matched)
				}
				best = max(best, v*w.factor)
			}
		}
		got += best * a.weight
		if best > 0 && !a.little {
			strong++
		}
	}
	words := 0.0
	if wanted > 0 && strong > 0 {
		words = got / wanted
		var said, extra float64
		for _, n := range title {
			w := ask.stemWeight(n)
			said += w
			if !matched[n] {
				extra += w
			}
		}
		if said > 0 {
			words *= 0.85 + 0.15*(1-extra/said)
		}
		words *= 0.8 + 0.2*ask.together(title, body)
	}
	var score float64
	switch {
	case len(ask.codes) == 0 || wanted == 0 && len(ask.slots) == 0 && code == 0:
		score = words
	case len(ask.slots) == 0:
		score = code * 0.9
	case code > 0 && strong == 0 && ask.asksWords():
		score = 0.3 * code // the question is about something else
	case code > 0:
		score = max(0.55*words+0.45*code, words)
	default:
		score = 0.7 * words // it says nothing of the codes that were asked about
	}
	return min(100, math.Round(1000*score*ask.topic(p))/10)
}

// asksWords: beside codes, the question names something.
func (ask *inquiry) asksWords() bool {
	return slices.ContainsFunc(ask.slots, func(a asked) bool { return !a.little })
}

// numbers is a text as numbers of the vocabulary; words of later books than the file's are left out.
func (ask *inquiry) numbers(text string) []int32 {
	var out []int32
	for _, t := range tokens(text) {
		if e := ask.lex.exact(t); e.end > e.first {
			out = append(out, e.first)
		}
	}
	return out
}

func (ask *inquiry) stemWeight(n int32) float64 {
	return ask.lex.weight(int(ask.lex.count[n-1])) * quiet(ask.lex.stems[n-1])
}

// times counts how often a way of saying it stands in a field: the rarest of its stems.
func times(field []int32, w way) int {
	least := math.MaxInt
	for _, r := range w.stems {
		n := 0
		for _, f := range field {
			if f >= r.first && f < r.end {
				n++
			}
		}
		least = min(least, n)
	}
	if least == math.MaxInt {
		return 0
	}
	return least
}

func noteMatched(field []int32, w way, matched map[int32]bool) {
	for _, f := range field {
		for _, r := range w.stems {
			if f >= r.first && f < r.end {
				matched[f] = true
			}
		}
	}
}

// near is how many stems apart two words of a question may stand to be one thought.
const near = 12

// together is the share of neighbours in the question that stand near each other in the section, in its title or in one place of its text.
func (ask *inquiry) together(title, body []int32) float64 {
	var places [][]int
	whole := append(append(slices.Clone(title), make([]int32, near)...), body...)
	for _, a := range ask.slots {
		if a.little {
			continue
		}
		var at []int
		for i, n := range whole {
			for _, w := range a.ways {
				if slices.ContainsFunc(w.stems, func(r stems) bool { return n >= r.first && n < r.end }) {
					at = append(at, i)
					break
				}
			}
		}
		places = append(places, at)
	}
	if len(places) < 2 {
		return 1
	}
	pairs := 0
	for i := 1; i < len(places); i++ {
		if closest(places[i-1], places[i]) <= near {
			pairs++
		}
	}
	return float64(pairs) / float64(len(places)-1)
}

// closest is the least distance between two sorted lists of places.
func closest(a, b []int) int {
	least := math.MaxInt
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if d := a[i] - b[j]; d < 0 {
			least = min(least, -d)
			i++
		} else {
			least = min(least, d)
			j++
		}
	}
	return least
}

// topic prefers the books that a topic is about, and keeps nothing out.
func (ask *inquiry) topic(p Passage) float64 {
	switch {
	case ask.about["ncci"] && strings.Contains(p.Document, "NCCI"),
		ask.about["coverage"] && (strings.HasPrefix(p.Document, "LCD") || strings.HasPrefix(p.Document, "Article") || strings.Contains(p.Document, "Coverage")),
		ask.about["modifiers"] && strings.Contains(strings.ToLower(p.Title+p.Text), "modifier"):
		return 1.1
	}
	return 1
}

// excerptWords bounds what is quoted of a section: a quotation of more needs a reason (house rule of forty words).
const excerptWords = 40

// excerpt is the run of at most excerptWords words that has most of what was asked, from the beginning of a sentence where that is near.
func (ask *inquiry) excerpt(text string) string {
	words := strings.Fields(text)
	if len(words) <= excerptWords {
		return strings.Join(words, " ")
	}
	worth := make([]float64, len(words))
	for i, w := range words {
		for _, t := range tokens(w) {
			e := ask.lex.exact(t)
			for _, a := range ask.slots {
				if e.end > e.first && slices.ContainsFunc(a.ways, func(w way) bool {
					return slices.ContainsFunc(w.stems, func(r stems) bool { return e.first >= r.first && e.first < r.end })
				}) {
					worth[i] = max(worth[i], a.weight)
				}
			}
		}
		key := keyOf(strings.Trim(w, ".,;:()"))
		if slices.ContainsFunc(ask.codes, func(c codeSpan) bool { return c.first == key }) {
			worth[i] = 10
		}
	}
	best, at := -1.0, 0
	for i := 0; i < len(words); i++ {
		if i > 0 && !strings.ContainsAny(words[i-1][len(words[i-1])-1:], ".:;?") && len(words)-i > excerptWords && i%8 != 0 {
			continue
		}
		sum := 0.0
		for _, v := range worth[i:min(len(words), i+excerptWords)] {
			sum += v
		}
		if i == 0 || strings.ContainsAny(words[i-1][len(words[i-1])-1:], ".?") {
			sum *= 1.15
		}
		if sum > best {
			best, at = sum, i
		}
	}
	end := min(len(words), at+excerptWords)
	out := strings.Join(words[at:end], " ")
	if at > 0 {
		out = "... " + out
	}
	if end < len(words) {
		out += " ..."
	}
	return out
}
