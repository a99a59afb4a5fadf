package codebook

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"caseconsultant/workflow/codes"
)

const (
	defaultHits   = 20
	maxHits       = 200
	maxQueryBytes = 400
	maxQueryWords = 12
	// maxCandidates bounds what is ranked for one reading of the query. Candidates come in the order of the docs table, the likeliest
	// first, so that a word that thousands of codes have costs no more than a rare one.
	maxCandidates = 400
)

// Search finds codes by words, or by the beginning of a code, best first.
//
// Codes that are typed, in any spelling, come first, then those that begin with what was typed. Words are matched by stem (plurals, British
// spellings), by their beginning (while typing), by lay names and abbreviations, and, where the book has no such word, by the nearest in
// spelling. All words should match; where nothing has them all, the fewest possible are let go.
func (b *Book) Search(ctx context.Context, words string, opts SearchOptions) ([]Hit, error) {
	limit := opts.Limit
	if limit <= 0 {
		limit = defaultHits
	}
	limit = min(limit, maxHits)
	words = strings.ToValidUTF8(words, " ")
	if len(words) > maxQueryBytes {
		words = strings.ToValidUTF8(words[:maxQueryBytes], "")
	}
	s := searcher{b: b, ctx: ctx, system: opts.System, on: b.day(opts.On), limit: limit, seen: map[codeKey]int{}}
	if err := s.byCode(words); err != nil {
		return nil, err
	}
	if err := s.byWords(words); err != nil {
		return nil, err
	}
	slices.SortStableFunc(s.hits, func(a, b Hit) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(len(a.Title), len(b.Title)), cmp.Compare(a.Code, b.Code))
	})
	if s.hits == nil {
		s.hits = []Hit{}
	}
	return s.hits[:min(len(s.hits), limit)], nil
}

type searcher struct {
	b      *Book
	ctx    context.Context
	lex    *lexicon
	system codes.System
	on     day
	limit  int
	hits   []Hit
	seen   map[codeKey]int // index into hits
}

// add keeps a hit, once for each code, with its best score.
func (s *searcher) add(k codeKey, title, kind string, score float64) {
	if i, ok := s.seen[k]; ok {
		if score > s.hits[i].Score {
			s.hits[i].Score, s.hits[i].Kind = score, kind
		}
		return
	}
	s.seen[k] = len(s.hits)
	s.hits = append(s.hits, Hit{System: k.system, Code: show(k.system, k.key), Title: title, Kind: kind, Score: score})
}

// exists: is the code in the release that answers for the day? Where none answers, what is listed anywhere counts.
func (s *searcher) exists(system codes.System, key string) bool {
	i := s.b.decides(system, key, s.on)
	if i < 0 {
		return true
	}
	m := s.b.set(system, i)
	if m == nil {
		return true
	}
	var store [maxKey]byte
	k, ok := appendKey(store[:0], key)
	if !ok {
		return false
	}
	_, ok = m.find(k)
	return ok
}

// Scores of typed codes stand above all word scores, which are below 100.
const (
	scoreCode   = 1000
	scorePrefix = 500
)

// byCode reads the query as codes: each blank-separated piece that is one, and, when the whole is one piece with a digit in it, the codes
// that begin with it.
func (s *searcher) byCode(words string) error {
	pieces := strings.FieldsFunc(words, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
	if len(pieces) > maxQueryWords {
		return nil
	}
	for i, piece := range pieces {
		piece = strings.Trim(piece, "?!:()\"'")
		if !strings.ContainsAny(fold(piece), "0123456789") && len(pieces) > 1 {
			continue
		}
		key := keyOf(piece)
		if len(key) < 2 || len(key) > maxKey || (len(key) < 3 && len(pieces) > 1) {
			continue
		}
		for rank, system := range Systems(piece) {
			if s.system != "" && s.system != system {
				continue
			}
			rec, err := s.b.load(s.ctx, system, key)
			if err != nil {
				return err
			}
			if rec != nil && len(rec.spans) > 0 {
				e := s.b.entry(system, key, s.on, rec)
				s.add(codeKey{system, key}, e.Title, "code", scoreCode-float64(rank)-float64(i)/100)
			}
		}
		if len(pieces) == 1 && strings.ContainsAny(key, "0123456789") {
			if err := s.byPrefix(key); err != nil {
				return err
			}
		}
	}
	return nil
}

// byPrefix lists codes that begin with what was typed, shorter ones first, in the order of the code set.
func (s *searcher) byPrefix(prefix string) error {
	systems := []codes.System{codes.CPT, codes.HCPCS, codes.ICD10CM, codes.CDT, codes.Modifier, codes.POS}
	if len(prefix) >= 3 {
		systems = append(systems, codes.ICD10PCS)
	}
	for _, system := range systems {
		if s.system != "" && s.system != system {
			continue
		}
		found := s.prefixed(system, prefix)
		for i, key := range found {
			rec, err := s.b.load(s.ctx, system, key)
			if err != nil {
				return err
			}
			if rec == nil || len(rec.spans) == 0 {
				continue
			}
			e := s.b.entry(system, key, s.on, rec)
			s.add(codeKey{system, key}, e.Title, "prefix", scorePrefix-float64(i)/10)
		}
	}
	return nil
}

// prefixed lists up to limit keys below a prefix over all releases, shorter first.
func (s *searcher) prefixed(system codes.System, prefix string) []string {
	var found []string
	for i := range s.b.members[system] {
		m := &s.b.members[system][i]
		from, to := m.under(prefix)
		for length := len(prefix) + 1; length <= m.width && len(found) < s.limit; length++ {
			for j := from; j < to && len(found) < s.limit; j++ {
				if key := m.key(j); len(key) == length && s.exists(system, key) && !slices.Contains(found, key) {
					found = append(found, key)
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return found[:min(len(found), s.limit)]
}

// slot is one thing that the query asks for: a word, or several that mean one thing, with all the ways in which a code may say it.
type slot struct {
	options  []option
	weight   float64
	optional bool // tells little: "with", "unspecified"; never keeps a code out
}

// option is one way: stems that must all be there.
type option struct {
	stems  []string
	prefix bool    // the last stem is the beginning of a word
	factor float64 // 1 for what was typed, less for what was guessed
	kind   string  // "" or "similar"
}

func (s *searcher) byWords(words string) error {
	lex, err := s.b.lexicon()
	if err != nil {
		return fmt.Errorf("searching the codebook: %w", err)
	}
	s.lex = lex
	slots := s.slots(words)
	if len(slots) == 0 {
		return nil
	}
	phrase := strings.Join(tokens(words), " ")
	// All that is asked for; then, while there are too few hits, without one slot at a time, the commonest word first.
	if err := s.run(slots, slots, phrase); err != nil {
		return err
	}
	required := 0
	for _, sl := range slots {
		if !sl.optional {
			required++
		}
	}
	if required < 2 || len(s.hits) >= min(s.limit, 5) {
		return nil
	}
	order := make([]int, 0, len(slots))
	for i := range slots {
		if !slots[i].optional {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(slots[a].weight, slots[b].weight) })
	for drop := 1; drop < required && len(s.hits) < min(s.limit, 5); drop++ {
		if drop == 1 {
			for _, i := range order {
				if err := s.run(without(slots, i), slots, phrase); err != nil {
					return err
				}
			}
			continue
		}
		if err := s.run(without(slots, order[:drop]...), slots, phrase); err != nil {
			return err
		}
	}
	return nil
}

func without(slots []slot, drop ...int) []slot {
	var out []slot
	for i, sl := range slots {
		if !slices.Contains(drop, i) {
			out = append(out, sl)
		}
	}
	return out
}

// noise are words of a question that no code has to have.
func noise(word string) bool {
	switch word {
	case "what", "which", "how", "code", "codes", "cpt", "hcpcs", "icd", "icd10", "dx", "diagnosis", "billing", "bill", "please", "need", "i", "my", "me", "do", "does", "can", "we", "you", "about", "when":
		return true
	}
	return false
}

// vague are words that many codes have and that narrow little; they raise a score and keep nothing out.
func vague(word string) bool {
	switch word {
	case "with", "without", "unspecified", "other", "specified", "nos", "nec", "not", "elsewhere", "classified", "due", "initial", "encounter", "subsequent", "patient", "procedure", "service":
		return true
	}
	return false
}

// slots reads the query: joins what the synonym table knows, and gives every word its ways of being meant.
func (s *searcher) slots(words string) []slot {
	var raw []string
	eachWord(words, func(w string) {
		if !emptyWord(w) && len(raw) < maxQueryWords {
			raw = append(raw, w)
		}
	})
	kept := slices.DeleteFunc(slices.Clone(raw), noise)
	if len(kept) == 0 {
		kept = raw
	}
	typing := endsInWord(words)
	stems := make([]string, len(kept))
	for i, w := range kept {
		stems[i] = stem(w)
	}
	var out []slot
	for i := 0; i < len(stems); {
		if sl, n := s.synonymSlot(stems[i:]); n > 0 {
			out = append(out, sl)
			i += n
			continue
		}
		next := ""
		if i+1 < len(stems) {
			next = kept[i+1]
		}
		sl, n := s.wordSlot(kept[i], stems[i], next, typing && i == len(stems)-1)
		sl.optional = vague(kept[i])
		out = append(out, sl)
		i += n
	}
	hard := false
	for _, sl := range out {
		hard = hard || !sl.optional
	}
	if !hard {
		for i := range out {
			out[i].optional = false
		}
	}
	return out
}

func endsInWord(words string) bool {
	runes := []rune(words)
	return len(runes) > 0 && (unicode.IsLetter(runes[len(runes)-1]) || unicode.IsDigit(runes[len(runes)-1]))
}

func (s *searcher) synonymSlot(stems []string) (slot, int) {
	for _, syn := range s.lex.synonyms[stems[0]] {
		n := len(syn.typed)
		if n > len(stems) || !slices.Equal(syn.typed, stems[:n]) {
			continue
		}
		sl := slot{options: []option{{stems: syn.typed, factor: 1}}}
		for _, m := range syn.meaning {
			o := option{stems: m, factor: 0.97}
			if slices.ContainsFunc(m, func(st string) bool { return s.lex.df(st) == 0 }) {
				continue // words that this book does not have
			}
			sl.options = append(sl.options, o)
		}
		if len(sl.options) == 1 && !s.have(syn.typed) {
			continue
		}
		sl.weight = s.weigh(sl)
		return sl, n
	}
	return slot{}, 0
}

func (s *searcher) have(stems []string) bool {
	return !slices.ContainsFunc(stems, func(st string) bool { return s.lex.df(st) == 0 })
}

// wordSlot gives the ways in which one typed word may be meant; n is 2 when it was read as one with the word after it ("heart burn").
func (s *searcher) wordSlot(word, root, next string, typing bool) (slot, int) {
	n := 1
	sl := slot{}
	df := s.lex.df(root)
	if df > 0 {
		sl.options = append(sl.options, option{stems: []string{root}, factor: 1})
	}
	if len(word) >= 2 {
		prefix := root
		if typing {
			prefix = word // a word under way has no ending to drop yet
		}
		if any, _ := s.lex.begins(prefix); any && len(prefix) >= 3 || any && typing {
			factor := 0.8
			if typing {
				factor = 0.9
			}
			sl.options = append(sl.options, option{stems: []string{prefix}, prefix: true, factor: factor})
		}
	}
	if next != "" {
		if joined := stem(word + next); s.lex.df(joined) > 0 && len(word) > 1 {
			sl.options = append(sl.options, option{stems: []string{joined}, factor: 0.95})
			if df == 0 || s.lex.df(stem(next)) == 0 {
				n = 2
			}
		}
	}
	if df == 0 && len(sl.options) == 0 {
		for _, similar := range s.lex.similar(root) {
			sl.options = append(sl.options, option{stems: []string{similar}, factor: 0.75, kind: "similar"})
		}
	}
	if df == 0 && len(sl.options) == 0 {
		for i := 3; i+3 <= len(word); i++ { // "kneepain"
			if a, b := stem(word[:i]), stem(word[i:]); s.lex.df(a) > 0 && s.lex.df(b) > 0 {
				sl.options = append(sl.options, option{stems: []string{a, b}, factor: 0.8})
			}
		}
	}
	if len(sl.options) == 0 {
		sl.options = append(sl.options, option{stems: []string{root}, factor: 1})
	}
	sl.weight = s.weigh(sl)
	return sl, n
}

// weigh: a slot tells as much as its commonest way.
func (s *searcher) weigh(sl slot) float64 {
	df := 0
	for _, o := range sl.options {
		least := int(s.lex.total)
		for i, st := range o.stems {
			n := s.lex.df(st)
			if o.prefix && i == len(o.stems)-1 {
				_, n = s.lex.begins(st)
			}
			least = min(least, n)
		}
		df = max(df, least)
	}
	return s.lex.weight(df)
}

// query writes slots in the language of FTS5. Stems are letters and digits, so nothing needs quoting, but words such as AND would be
// operators: each is put in double quotes.
func (s *searcher) query(slots []slot) string {
	var parts []string
	if s.system != "" {
		parts = append(parts, quote(systemToken(s.system)))
	}
	for _, sl := range slots {
		if sl.optional {
			continue
		}
		var ways []string
		for _, o := range sl.options {
			var all []string
			for i, st := range o.stems {
				q := quote(indexed(st))
				if o.prefix && i == len(o.stems)-1 {
					q += " *"
				}
				all = append(all, q)
			}
			ways = append(ways, "("+strings.Join(all, " AND ")+")")
		}
		parts = append(parts, "("+strings.Join(ways, " OR ")+")")
	}
	return strings.Join(parts, " AND ")
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, "") + `"` }

// run fetches the candidates that have all of some slots and scores them against the whole query.
func (s *searcher) run(need, all []slot, phrase string) error {
	if !slices.ContainsFunc(need, func(sl slot) bool { return !sl.optional }) {
		return nil
	}
	rows, err := s.b.db.QueryContext(s.ctx, `SELECT d.system, d.code, d.title, d.words, d.more
		FROM (SELECT rowid AS id FROM texts WHERE texts MATCH $1 ORDER BY rowid LIMIT $2) AS m
		JOIN docs AS d ON d.id = m.id`, s.query(need), maxCandidates)
	if err != nil {
		return fmt.Errorf("searching the codebook: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var d doc
		if err := rows.Scan(&d.system, &d.key, &d.title, &d.words, &d.more); err != nil {
			return fmt.Errorf("searching the codebook: %w", err)
		}
		if _, known := s.seen[d.codeKey]; known && len(need) != len(all) || !s.exists(d.system, d.key) {
			continue
		}
		score, kind := s.score(d, all, phrase)
		s.add(d.codeKey, d.title, kind, score)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("searching the codebook: %w", err)
	}
	return nil
}
