package codebook

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"
	"time"
)

// pairTables hold the PTP edits: for each code in each column its pairs, sorted by the other code, in blocks of about a page. The number of
// a block says release, column, code and the first of the other codes (see pairID), so that a look-up is one step to one block: rows of
// their own took ten times the room, and an index for the other column as much again.
//
// A pair takes nine bytes: the other code (4), first and last day (2 each, packedDay), and rationale times four plus indicator (2 is 9).
const pairTables = `
CREATE TABLE pairs (
	id   INTEGER PRIMARY KEY,
	rows BLOB NOT NULL
);
CREATE TABLE pair_rationales (
	release INTEGER NOT NULL,
	number  INTEGER NOT NULL,
	text    TEXT NOT NULL,
	PRIMARY KEY (release, number)
) WITHOUT ROWID;
`

const (
	pairSize  = 9
	pairBlock = 440 // pairs in a block, so that it fits in a page of 4,096 bytes
	// maxPairReleases: the number of a block has nine bits for the release.
	maxPairReleases = 1 << 9
)

// pairID is the number of the block that begins with a pair: from the top 9 bits release, 1 bit column (0: code is column 1), 26 bits each
// of the code and of the other one.
func pairID(release int, second bool, code, other uint32) int64 {
	return int64(release)<<53 | int64(btoi(second))<<52 | int64(code)<<26 | int64(other)
}

func (f *pairFacts) write(w *writer, release int) {
	if release >= maxPairReleases {
		w.fail(fmt.Errorf("more than %d releases", maxPairReleases))
		return
	}
	w.each("INSERT INTO pair_rationales (release, number, text) VALUES ($1, $2, $3)", func(insert func(...any)) {
		for i, text := range f.rationales {
			insert(release, i, text)
		}
	})
	w.each("INSERT INTO pairs (id, rows) VALUES ($1, $2)", func(insert func(...any)) {
		f.blocks(release, false, insert)
	})
	bySecond := slices.Clone(f.list)
	for i := range bySecond {
		bySecond[i].column1, bySecond[i].column2 = bySecond[i].column2, bySecond[i].column1
	}
	slices.SortFunc(bySecond, pairRow.compare)
	turned := &pairFacts{list: bySecond}
	w.each("INSERT INTO pairs (id, rows) VALUES ($1, $2)", func(insert func(...any)) {
		turned.blocks(release, true, insert)
	})
}

// blocks cuts the sorted list; all rows of one pair stay together.
func (f *pairFacts) blocks(release int, second bool, insert func(...any)) {
	var block []byte
	for i := 0; i < len(f.list); {
		first := f.list[i]
		block = block[:0]
		for n := 0; i < len(f.list) && f.list[i].column1 == first.column1; n++ {
			r := f.list[i]
			if n >= pairBlock && r.column2 != f.list[i-1].column2 {
				break
			}
			block = binary.BigEndian.AppendUint32(block, r.column2)
			block = binary.BigEndian.AppendUint16(block, uint16(r.from))
			block = binary.BigEndian.AppendUint16(block, uint16(r.to))
			indicator := r.indicator
			if indicator == 9 {
				indicator = 2
			}
			block = append(block, r.rationale<<2|indicator)
			i++
		}
		insert(pairID(release, second, first.column1, first.column2), block)
	}
}

func unpackPair(code uint32, second bool, data []byte) pairRow {
	r := pairRow{column1: code, column2: binary.BigEndian.Uint32(data), from: packedDay(binary.BigEndian.Uint16(data[4:])),
		to: packedDay(binary.BigEndian.Uint16(data[6:])), indicator: data[8] & 3, rationale: data[8] >> 2}
	if r.indicator == 2 {
		r.indicator = 9
	}
	if second {
		r.column1, r.column2 = r.column2, r.column1
	}
	return r
}

// Pair is one PTP edit: of the two codes on one day for one patient by one provider, Medicare pays column 1 and denies column 2.
type Pair struct {
	Set     PTPSet `json:"set"`
	Column1 string `json:"column1"`
	Column2 string `json:"column2"`
	// Indicator is 0 (never paid together) or 1 (paid together with an NCCI-associated modifier, when the record supports it).
	Indicator int `json:"indicator"`
	// Effective is the first day as YYYY-MM-DD, empty when the pair existed before 1996.
	Effective string `json:"effective"`
	// Deletion is the last day on which it applies, empty while it is in force.
	Deletion  string `json:"deletion"`
	Rationale string `json:"rationale"`
	Release   string `json:"release"`
}

// PTP gives the edits between two codes, in either order, that apply on a day (zero: today): normally none or one. Pairs that were deleted
// retroactively (indicator 9) never applied and are never given. The source says whether a file answers for the day at all: the newest one
// loaded of the set does for every day to the end of its quarter, because it has the history since 1996 with it.
func (b *Book) PTP(ctx context.Context, set PTPSet, code1, code2 string, on time.Time) ([]Pair, Source, error) {
	d := b.day(on)
	release, source := b.source(kindPTP+string(set), cumulative, d)
	if release < 0 {
		return nil, source, nil
	}
	first, ok1 := packCode(keyOf(code1))
	second, ok2 := packCode(keyOf(code2))
	if !ok1 || !ok2 || first == second {
		return nil, source, nil // not of the form of a code that a pair can have
	}
	p := b.pairsOn(release, d)
	for _, order := range [][2]uint32{{first, second}, {second, first}} {
		from, to := pairID(release, false, order[0], 0), pairID(release, false, order[0], order[1])
		err := b.query(ctx, "SELECT rows FROM pairs WHERE id BETWEEN $1 AND $2 ORDER BY id DESC LIMIT 1", func(rows *sql.Rows) error {
			return p.read(rows, order[0], false, order[1])
		}, from, to)
		if err != nil {
			return nil, source, fmt.Errorf("looking up a pair: %w", err)
		}
	}
	return p.result(set), source, p.err
}

// PTPOf gives all edits that have a code in either column and apply on a day (zero: today): what it may not be billed with. Those that have
// it in column 1 come first, each sorted by the other code. A code may have some ten thousand.
func (b *Book) PTPOf(ctx context.Context, set PTPSet, code string, on time.Time) ([]Pair, Source, error) {
	d := b.day(on)
	release, source := b.source(kindPTP+string(set), cumulative, d)
	if release < 0 {
		return nil, source, nil
	}
	key, ok := packCode(keyOf(code))
	if !ok {
		return nil, source, nil
	}
	p := b.pairsOn(release, d)
	for _, second := range []bool{false, true} {
		from, to := pairID(release, second, key, 0), pairID(release, second, key, 1<<26-1)
		err := b.query(ctx, "SELECT rows FROM pairs WHERE id BETWEEN $1 AND $2 ORDER BY id", func(rows *sql.Rows) error {
			return p.read(rows, key, second, anyCode)
		}, from, to)
		if err != nil {
			return nil, source, fmt.Errorf("looking up the pairs of a code: %w", err)
		}
	}
	return p.result(set), source, p.err
}

// PTPCount counts, without listing them, the edits that have a code in column 1 and in column 2 and apply on a day.
func (b *Book) PTPCount(ctx context.Context, set PTPSet, code string, on time.Time) (column1, column2 int, source Source, err error) {
	d := b.day(on)
	release, source := b.source(kindPTP+string(set), cumulative, d)
	key, ok := packCode(keyOf(code))
	if release < 0 || !ok {
		return 0, 0, source, nil
	}
	for _, second := range []bool{false, true} {
		p := b.pairsOn(release, d)
		p.countOnly = true
		from, to := pairID(release, second, key, 0), pairID(release, second, key, 1<<26-1)
		err := b.query(ctx, "SELECT rows FROM pairs WHERE id BETWEEN $1 AND $2 ORDER BY id", func(rows *sql.Rows) error {
			return p.read(rows, key, second, anyCode)
		}, from, to)
		if err != nil {
			return 0, 0, source, fmt.Errorf("counting the pairs of a code: %w", err)
		}
		if second {
			column2 = p.count
		} else {
			column1 = p.count
		}
	}
	return column1, column2, source, nil
}

// anyCode is no code: packed ones are smaller.
const anyCode = 1<<26 - 1

// pairSearch gathers the rows of a release that apply on a day.
type pairSearch struct {
	book    *Book
	release int
	on      packedDay
	found   []pairRow
	count   int // of those found
	err     error
	// countOnly: found stays empty.
	countOnly bool
	// always: on whatever day.
	always bool
}

func (b *Book) pairsOn(release int, on day) *pairSearch {
	packed, ok := packDay(on)
	if !ok { // before 1960 or after 2139: as far away as can be said
		packed = 1
		if on > dayOf(dayZero) {
			packed = 1<<16 - 1
		}
	}
	return &pairSearch{book: b, release: release, on: packed}
}

func (p *pairSearch) read(rows *sql.Rows, code uint32, second bool, other uint32) error {
	var data sql.RawBytes
	if err := rows.Scan(&data); err != nil {
		return err
	}
	if len(data)%pairSize != 0 {
		return errRecord
	}
	p.scan(data, code, second, other)
	return nil
}

// scan goes through a block: all of it, or the rows of one other code.
func (p *pairSearch) scan(data []byte, code uint32, second bool, other uint32) {
	n := len(data) / pairSize
	i := 0
	if other != anyCode {
		low, high := 0, n
		for low < high {
			if mid := (low + high) / 2; binary.BigEndian.Uint32(data[mid*pairSize:]) < other {
				low = mid + 1
			} else {
				high = mid
			}
		}
		i = low
	}
	for ; i < n; i++ {
		r := unpackPair(code, second, data[i*pairSize:])
		if other != anyCode && binary.BigEndian.Uint32(data[i*pairSize:]) != other {
			break
		}
		if r.indicator != 9 && (p.always || r.from <= p.on && (r.to == 0 || p.on <= r.to)) {
			if p.count++; !p.countOnly {
				p.found = append(p.found, r)
			}
		}
	}
}

func (p *pairSearch) result(set PTPSet) []Pair {
	if len(p.found) == 0 {
		return nil
	}
	texts, err := p.book.rationales()
	if err != nil {
		p.err = err
		return nil
	}
	out := make([]Pair, len(p.found))
	for i, r := range p.found {
		out[i] = Pair{Set: set, Column1: unpackCode(r.column1), Column2: unpackCode(r.column2), Indicator: int(r.indicator),
			Effective: r.from.day().String(), Deletion: r.to.day().String(), Release: p.book.releases[p.release].Name}
		if list := texts[p.release]; int(r.rationale) < len(list) {
			out[i].Rationale = list[r.rationale]
		}
	}
	return out
}

func (b *Book) loadRationales() (map[int][]string, error) {
	out := map[int][]string{}
	err := b.rows(context.Background(), "SELECT release, text FROM pair_rationales ORDER BY release, number", func(rows *sql.Rows) error {
		var release int
		var text string
		err := rows.Scan(&release, &text)
		out[release] = append(out[release], text)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the rationales of the pairs: %w", err)
	}
	return out, nil
}
