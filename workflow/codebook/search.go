package codebook

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"caseconsultant/workflow/codes"
)

const (
	defaultHits   = 20
	maxHits       = 200
	maxQueryBytes = 600
	maxQueryWords = 32
	maxQueryCodes = 12
	// maxCandidates bounds what is ranked for one reading of the query. Candidates come in the order of the docs table, the likeliest
	// first, so that a word that thousands of codes have costs no more than a rare one.
	maxCandidates = 500
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
	s := searcher{b: b, ctx: ctx, system: opts.System, chapter: strings.ToLower(opts.Chapter), billable: opts.Billable, on: b.day(opts.On), limit: limit, seen: map[codeKey]int{}}
	var err error
	if s.lex, err = b.lexicon(); err != nil {
		return nil, fmt.Errorf("searching the codebook: %w", err)
	}
	rest, err := s.byCode(words)
	if err != nil {
		return nil, err
	}
	if err := s.byWords(rest); err != nil {
		return nil, err
	}
	if err := s.byLicensed(rest); err != nil {
		return nil, err
	}
	slices.SortStableFunc(s.hits, func(a, b found) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(a.id, b.id), cmp.Compare(a.Code, b.Code))
	})
	out := make([]Hit, 0, min(len(s.hits), limit))
	for _, h := range s.hits[:min(len(s.hits), limit)] {
		if h.id > 0 && h.Title == "" {
			if err := b.db.QueryRowContext(ctx, "SELECT title FROM docs WHERE id = $1", h.id).Scan(&h.Title); err != nil {
				return nil, fmt.Errorf("searching the codebook: %w", err)
			}
		}
		if h.Title == "" {
			if err := s.licensedTitle(&h.Hit); err != nil {
				return nil, err
			}
		}
		out = append(out, h.Hit)
	}
	return out, nil
}

// found is a hit, with the number of its doc while its title has not been read.
type found struct {
	Hit
	id int64
}

type searcher struct {
	b      *Book
	ctx    context.Context
	lex    *lexicon
	system codes.System
	// chapter and billable narrow as SearchOptions say.
	chapter  string
	billable bool
	on       day
	limit    int
	hits     []found
	seen     map[codeKey]int // index into hits

	matched []int32 // scratch of score: which words of the title were asked for
	title   []int32 // scratch of affirmed
	loud    []float64
}

// add keeps a hit, once for each code, with its best score.
func (s *searcher) add(k codeKey, id int64, title, kind string, score float64, billable bool) {
	if s.billable && !billable || s.chapter != "" && !s.inChapter(k) {
		return
	}
	if i, ok := s.seen[k]; ok {
		if score > s.hits[i].Score {
			s.hits[i].Score, s.hits[i].Kind = score, kind
		} else if s.hits[i].Kind == "words" && kind == "title" {
			s.hits[i].Kind = kind
		}
		return
	}
	s.seen[k] = len(s.hits)
	s.hits = append(s.hits, found{Hit{System: k.system, Code: show(k.system, k.key), Title: title, Kind: kind, Score: score}, id})
}

// inChapter reports whether a code is in the chapter that is kept to; "surgery" is all of surgery, "1" only chapter 1.
func (s *searcher) inChapter(k codeKey) bool {
	c, ok := ChapterOf(k.system, k.key)
	id := strings.ToLower(c.ID)
	return ok && (id == s.chapter || strings.HasPrefix(id, s.chapter+"-"))
}

// exists reports whether a code is in the release that answers for the day, and may be reported then. Where none answers, what is listed
// anywhere counts, and whether it may be reported is what the caller knows of it.
func (s *searcher) exists(system codes.System, key string, billable bool) (ok, reported bool) {
	i := s.b.decides(system, key, s.on)
	if i < 0 {
		return true, billable
	}
	m := s.b.set(system, i)
	var store [maxKey]byte
	k, fits := appendKey(store[:0], key)
	if m == nil || !fits {
		return m == nil, billable
	}
	flags, ok := m.find(k)
	return ok, flags&memberBillable != 0
}

// Scores of typed codes stand above all word scores, which are below 100.
const (
	scoreCode   = 1000
	scorePrefix = 500
	scoreTitle  = 200 // of a code that may be reported whose whole title was typed
	scoreHint   = 120
	scoreMeant  = 40 // of a code whose letters are also a word of the vocabulary
)

// byCode reads the query as codes: each blank-separated piece that is one, and, when the whole is one piece with a digit in it, the codes
// that begin with it. The rest is the query as words: without codes that have a dot, which would fall into "m54" and "5".
func (s *searcher) byCode(words string) (rest string, err error) {
	rest = words
	pieces := strings.FieldsFunc(words, func(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' })
	if len(pieces) > maxQueryCodes {
		return rest, nil
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
		// "ra" is a modifier, and "dm2" names a table of procedures; people who type them in small letters or among words mean the words.
		meant := len(key) <= 3 && piece != "" && (len(pieces) > 1 || !digits(key) && piece != key) && s.lex.vocabulary.knows(stem(strings.ToLower(piece)))
		for rank, system := range Systems(piece) {
			if s.system != "" && s.system != system {
				continue
			}
			rec, err := s.b.load(s.ctx, system, key)
			if err != nil {
				return rest, err
			}
			if rec != nil && len(rec.spans) > 0 {
				e := s.b.entry(system, key, s.on, rec)
				if strings.Contains(piece, ".") {
					rest = strings.ReplaceAll(rest, piece, " ")
				}
				score := scoreCode - float64(rank) - float64(i)/100
				if meant {
					score = scoreMeant - float64(rank)
				}
				s.add(codeKey{system, key}, 0, e.Title, "code", score, e.Billable)
			}
		}
		if len(pieces) == 1 && strings.ContainsAny(key, "0123456789") {
			if err := s.byPrefix(key); err != nil {
				return rest, err
			}
		}
	}
	return rest, nil
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
			s.add(codeKey{system, key}, 0, e.Title, "prefix", scorePrefix-float64(i)/10, e.Billable)
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
				key := m.key(j)
				if len(key) != length || slices.Contains(found, key) {
					continue
				}
				if ok, _ := s.exists(system, key, true); ok {
					found = append(found, key)
				}
			}
		}
	}
	slices.SortStableFunc(found, func(a, b string) int { return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b)) })
	return found[:min(len(found), s.limit)]
}

func (s *searcher) byWords(words string) error {
	q := s.read(words, true)
	if len(q.slots) == 0 {
		return nil
	}
	slots := q.slots
	if err := s.hint(&q); err != nil {
		return err
	}
	// All that is asked for; then, while there are too few hits, without one slot at a time, the commonest word first; then without more.
	if err := s.run(slots, &q, maxCandidates); err != nil {
		return err
	}
	var order []int
	for i := range slots {
		if !slots[i].optional {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(slots[a].weight, slots[b].weight) })
	enough := min(s.limit, 5)
	few := len(s.hits) < enough
	if few && len(order) > 1 {
		for _, i := range order {
			if err := s.run(without(slots, i), &q, maxCandidates/len(order)); err != nil {
				return err
			}
		}
	}
	if last := len(order) - 1; few && len(order) > 2 { // the one that tells most, alone
		if err := s.run(without(slots, order[:last]...), &q, maxCandidates/4); err != nil {
			return err
		}
	}
	for drop := 2; drop < len(order) && len(s.hits) < enough; drop++ {
		if err := s.run(without(slots, order[:drop]...), &q, maxCandidates/4); err != nil {
			return err
		}
	}
	if q.phrases && !q.only {
		// Words that the vocabulary took together may have been meant one by one ("varicose veins of the leg with pain").
		plain := s.read(words, false)
		plain.hints, plain.trust = q.hints, 0.97
		return s.run(plain.slots, &plain, maxCandidates)
	}
	return nil
}

// hint puts the codes first that the vocabulary names, when it knows all that was asked for.
func (s *searcher) hint(q *question) error {
	if !q.only {
		return nil
	}
	kind := "words"
	if q.mended {
		kind = "similar"
	}
	n := 0
	for _, k := range q.hints {
		if s.system != "" && s.system != k.system {
			continue
		}
		rec, err := s.b.load(s.ctx, k.system, k.key)
		if err != nil {
			return err
		}
		if rec == nil || len(rec.spans) == 0 {
			continue
		}
		if e := s.b.entry(k.system, k.key, s.on, rec); e.Billable || e.Release == "" {
			s.add(k, 0, e.Title, kind, scoreHint-float64(n)/10, true)
			n++
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

// run fetches candidates that have all of some slots and scores them against the whole query.
func (s *searcher) run(need []slot, q *question, limit int) error {
	query := s.query(need)
	if query == "" || !slices.ContainsFunc(need, func(sl slot) bool { return !sl.optional }) {
		return nil
	}
	if s.chapter != "" {
		limit *= 8 // most of what is fetched is of other chapters
	}
	rows, err := s.b.db.QueryContext(s.ctx, `SELECT d.id, d.system, d.code, d.stems
		FROM (SELECT rowid AS id FROM texts WHERE texts MATCH $1 ORDER BY rowid LIMIT $2) AS m
		JOIN docs AS d ON d.id = m.id`, query, limit)
	if err != nil {
		return fmt.Errorf("searching the codebook: %w", err)
	}
	defer rows.Close()
	var d searchDoc
	var id int64
	var stems sql.RawBytes
	for rows.Next() {
		if err := rows.Scan(&id, &d.system, &d.key, &stems); err != nil {
			return fmt.Errorf("searching the codebook: %w", err)
		}
		if !d.decode(stems) {
			return fmt.Errorf("searching the codebook: %w", errRecord)
		}
		ok, billable := s.exists(d.system, d.key, d.flags&docBillable != 0)
		if !ok || s.billable && !billable || s.chapter != "" && !s.inChapter(d.codeKey) {
			continue
		}
		for _, n := range d.title {
			if int(n) >= len(s.lex.weights) {
				return fmt.Errorf("searching the codebook: %w", errRecord)
			}
		}
		score, kind := s.score(&d, q, billable)
		s.add(d.codeKey, id, "", kind, score, billable)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("searching the codebook: %w", err)
	}
	return nil
}
