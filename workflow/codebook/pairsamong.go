package codebook

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Applies reports whether the edit is in force on a day, its first and last day included.
func (p Pair) Applies(on time.Time) bool {
	d := dayOf(on).String()
	return p.Effective <= d && (p.Deletion == "" || d <= p.Deletion)
}

// blocksOfCodes reads, for each number that begins the blocks of a code, all of them: most codes have one or two. One statement for a whole
// claim costs a tenth of one for each pair.
const blocksOfCodes = "SELECT p.id, p.rows FROM json_each($1) AS c CROSS JOIN pairs AS p WHERE p.id BETWEEN c.value AND c.value + 67108863 ORDER BY p.id"

// PTPAmong gives the edits of a set among several codes, in either order, by one statement: those of each pair of different codes, whatever
// their days (see Pair.Applies), so that a caller can also tell of one that has just ended or is about to begin. Pairs that were deleted
// retroactively (indicator 9) never applied and are not given. They are sorted by column 1, column 2 and first day. on (zero: today) chooses
// the release; the source says whether one answers for that day, as for PTP. Codes of no pair's form, and repeated ones, are left out.
func (b *Book) PTPAmong(ctx context.Context, set PTPSet, codes []string, on time.Time) ([]Pair, Source, error) {
	release, source := b.source(kindPTP+string(set), cumulative, b.day(on))
	if release < 0 {
		return nil, source, nil
	}
	keys := make([]uint32, 0, len(codes))
	for _, c := range codes {
		if key, ok := packCode(keyOf(c)); ok {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	if len(keys) < 2 {
		return nil, source, nil
	}
	starts := []byte{'['}
	for i, key := range keys {
		if i > 0 {
			starts = append(starts, ',')
		}
		starts = strconv.AppendInt(starts, pairID(release, false, key, 0), 10)
	}
	starts = append(starts, ']')
	p := &pairSearch{book: b, release: release, always: true}
	err := b.query(ctx, blocksOfCodes, func(rows *sql.Rows) error {
		var id int64
		var data sql.RawBytes
		if err := rows.Scan(&id, &data); err != nil {
			return err
		}
		return p.among(uint32(id>>26)&anyCode, data, keys)
	}, string(starts))
	if err != nil {
		return nil, source, fmt.Errorf("looking up the pairs among codes: %w", err)
	}
	slices.SortFunc(p.found, pairRow.compare)
	return p.result(set), source, p.err
}

// among gathers the pairs of a code in column 1 with any of keys from one of its blocks.
func (p *pairSearch) among(code uint32, data []byte, keys []uint32) error {
	if len(data)%pairSize != 0 {
		return errRecord
	}
	for _, other := range keys {
		if other != code {
			p.scan(data, code, false, other)
		}
	}
	return nil
}
