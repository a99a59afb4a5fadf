package codebook

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"caseconsultant/workflow/codes"
)

// Book is an open codebook. Its methods may be called from any number of goroutines.
type Book struct {
	db           *sql.DB
	path         string
	meta         map[string]string
	releases     []Release
	days         []releaseDays // parallel to releases
	members      map[codes.System][]memberSet
	record       *sql.Stmt
	lexicon      func() (*lexicon, error)         // read at the first search
	rationales   func() (map[int][]string, error) // of PTP edits by release, read at the first pair
	rules        func() (*ruleWords, error)       // the rule books' own words, read at the first question
	statements   *statements
	instructions *instructionCache
	sides        *sideCache
	now          func() time.Time
	remove       string                    // folder to remove when closed; "" keeps all
	allow        func(licence string) bool // which licensed texts are shown; nil is none
}

// releaseDays is what is asked of a release at every look-up.
type releaseDays struct {
	kind        string
	first, last day
	made        day // the end of the period that it was made for
	whole       bool
	facts       bool // it holds facts; the codes that it names are no code set
}

// Errors of Open.
var (
	// ErrNotACodebook: the file is something else, or damaged.
	ErrNotACodebook = errors.New("this is no codebook file made by codes build")
	// ErrVersion: the file was made by another version of the program.
	ErrVersion = errors.New("the codebook file is of another version of the program; make it again with codes build")
)

// Open opens a compiled codebook read-only. The file may be replaced by a rename while it is open; the book keeps answering from the old
// one. Errors wrap fs.ErrNotExist, ErrNotACodebook or ErrVersion.
func Open(ctx context.Context, path string) (_ *Book, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("opening the codebook: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("opening the codebook %s: %w", path, ErrNotACodebook)
	}
	// immutable: the file is never changed in place, so neither locks nor a look for a journal are needed.
	db, err := openOneFile(ctx, path, fileURI(path)+"?mode=ro&immutable=1&_pragma=query_only(1)&_pragma=mmap_size(1073741824)&_pragma=cache_size(-8192)")
	if err != nil {
		return nil, fmt.Errorf("opening the codebook %s: %w (%w)", path, ErrNotACodebook, err)
	}
	b := &Book{db: db, path: path, meta: map[string]string{}, members: map[codes.System][]memberSet{}, statements: &statements{}, instructions: &instructionCache{}, sides: &sideCache{}, now: time.Now}
	defer func() {
		if err != nil {
			db.Close()
		}
	}()
	var application, version int
	if err := db.QueryRowContext(ctx, "SELECT a.application_id, v.user_version FROM pragma_application_id AS a, pragma_user_version AS v").Scan(&application, &version); err != nil {
		return nil, fmt.Errorf("opening the codebook %s: %w (%w)", path, ErrNotACodebook, err)
	}
	if application != applicationID {
		return nil, fmt.Errorf("opening the codebook %s: %w", path, ErrNotACodebook)
	}
	if version != schemaVersion {
		return nil, fmt.Errorf("opening the codebook %s: %w (it is %d, this program reads %d)", path, ErrVersion, version, schemaVersion)
	}
	for _, load := range []func(context.Context) error{b.loadMeta, b.loadReleases, b.loadMembers} {
		if err := load(ctx); err != nil {
			return nil, fmt.Errorf("opening the codebook %s: %w (%w)", path, ErrNotACodebook, err)
		}
	}
	if b.record, err = db.PrepareContext(ctx, "SELECT record FROM codes WHERE system = $1 AND code = $2"); err != nil {
		return nil, fmt.Errorf("opening the codebook %s: %w (%w)", path, ErrNotACodebook, err)
	}
	b.lexicon = sync.OnceValues(b.loadLexicon)
	b.rationales = sync.OnceValues(b.loadRationales)
	b.rules = sync.OnceValues(b.loadRuleWords)
	return b, nil
}

// Close releases the file; look-ups under way end with an error.
func (b *Book) Close() error {
	err := b.db.Close()
	if b.remove != "" {
		err = errors.Join(err, os.RemoveAll(b.remove))
	}
	if err != nil {
		return fmt.Errorf("closing the codebook: %w", err)
	}
	return nil
}

// Path is the file that is open.
func (b *Book) Path() string { return b.path }

// Starter reports whether this is the embedded starter and nothing else.
func (b *Book) Starter() bool { return b.meta["kind"] == "starter" }

// Releases lists what is loaded, by kind and first day. The slice is the caller's.
func (b *Book) Releases() []Release { return slices.Clone(b.releases) }

func (b *Book) loadMeta(ctx context.Context) error {
	return b.rows(ctx, "SELECT name, value FROM meta", func(rows *sql.Rows) error {
		var name, value string
		err := rows.Scan(&name, &value)
		b.meta[name] = value
		return err
	})
}

func (b *Book) loadReleases(ctx context.Context) error {
	return b.rows(ctx, `SELECT kind, name, file, sha256, first_day, last_day, made_until, whole, titles, codes, headings, facts, licence
		FROM releases ORDER BY id`, func(rows *sql.Rows) error {
		var r Release
		var first, last, made day
		err := rows.Scan(&r.Kind, &r.Name, &r.File, &r.SHA256, &first, &last, &made, &r.Whole, &r.Titles, &r.Codes, &r.Headings, &r.Facts, &r.Licence)
		r.First, r.Last, r.MadeUntil = first.String(), last.String(), made.String()
		b.releases = append(b.releases, r)
		b.days = append(b.days, releaseDays{kind: r.Kind, first: first, last: last, made: made, whole: r.Whole, facts: r.Facts > 0 && !ownCodes(r.Kind)})
		return err
	})
}

func (b *Book) loadMembers(ctx context.Context) error {
	return b.rows(ctx, "SELECT release, system, width, keys, flags FROM members ORDER BY release", func(rows *sql.Rows) error {
		var m memberSet
		var system codes.System
		if err := rows.Scan(&m.release, &system, &m.width, &m.keys, &m.flags); err != nil {
			return err
		}
		if m.width < 1 || m.width > maxKey || len(m.keys) != m.width*len(m.flags) || m.release < 0 || m.release >= len(b.releases) {
			return errRecord
		}
		b.members[system] = append(b.members[system], m)
		return nil
	})
}

func (b *Book) rows(ctx context.Context, query string, each func(*sql.Rows) error, args ...any) error {
	rows, err := b.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	return scanAll(rows, each)
}

// scanAll calls each for every row, and closes them.
func scanAll(rows *sql.Rows, each func(*sql.Rows) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := each(rows); err != nil {
			return err
		}
	}
	return rows.Err()
}

// today is the day that stands for "no date given".
func (b *Book) day(on time.Time) day {
	if on.IsZero() {
		on = b.now()
	}
	return dayOf(on)
}

// decides is the index of the whole release that says, for that day, whether a code of this form exists; -1 when none does.
func (b *Book) decides(system codes.System, key string, on day) int {
	kind := kindOf(system)
	if kind == "" || !holdsWhole(system, key) {
		return -1
	}
	for i := range b.days {
		if r := &b.days[i]; r.kind == kind && r.whole && on.within(r.first, r.last) {
			return i
		}
	}
	return -1
}

// Decides reports which loaded release holds the code set of this code whole on that day, so that a code missing from it does not exist.
// ok is false when none does: the starter never does, nor does any release for CPT or for CPT's own modifiers. A zero day is today.
func (b *Book) Decides(system codes.System, code string, on time.Time) (r Release, ok bool) {
	i := b.decides(system, keyOf(code), b.day(on))
	if i < 0 {
		return Release{}, false
	}
	return b.releases[i], true
}

// Known says from memory whether a code exists, in well under a microsecond: Member if any loaded release or the starter has it, whatever
// the day; NotMember only where a loaded release holds the system whole today; else Unknown. It is what codes.Options.Known wants.
func (b *Book) Known(system codes.System, code string) codes.Membership {
	return b.known(system, code, b.day(time.Time{}))
}

// KnownOn is Known as of a day: NotMember only where the system is held whole on that day.
func (b *Book) KnownOn(on time.Time) func(codes.System, string) codes.Membership {
	d := b.day(on)
	return func(system codes.System, code string) codes.Membership { return b.known(system, code, d) }
}

func (b *Book) known(system codes.System, code string, on day) codes.Membership {
	var store [maxKey]byte
	key, ok := appendKey(store[:0], code)
	if !ok {
		return codes.Unknown
	}
	switch { // people leave zeros out, as Lookup reads it: place of service 2 is 02, NDC 0409-3795-01 is 00409-3795-01
	case system == codes.POS && len(key) == 1:
		key = append(store[:0], '0', key[0])
	case system == codes.MSDRG && (len(key) == 1 || len(key) == 2):
		key = zeroFilled(store[:0], code, 3)
	case system == codes.NDC && len(key) == ndcDigits-1:
		key = zeroFilled(store[:0], code, 5, 4, 2)
	}
	sets := b.members[system]
	for i := range sets {
		if _, ok := sets[i].find(key); ok {
			return codes.Member
		}
	}
	if kind := kindOf(system); kind != "" && len(key) > 0 && holdsWhole(system, string(key)) {
		for i := range b.days {
			if r := &b.days[i]; r.kind == kind && r.whole && on.within(r.first, r.last) {
				return codes.NotMember
			}
		}
	}
	return codes.Unknown
}

// maxKey is the longest key of any system: an NDC of eleven digits.
const maxKey = 12

// appendKey is keyOf for plain codes without allocating; ok is false for what is too long to be a code.
func appendKey(dst []byte, code string) ([]byte, bool) {
	for i := 0; i < len(code); i++ {
		c := code[i]
		switch {
		case c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		default:
			continue
		}
		if len(dst) == cap(dst) {
			return nil, false
		}
		dst = append(dst, c)
	}
	return dst, true
}

// zeroFilled fills segments between hyphens with zeros on their left; digits that do not fit give the key as it was.
func zeroFilled(dst []byte, code string, widths ...int) []byte {
	rest := code
	for i, width := range widths {
		segment, more, found := strings.Cut(rest, "-")
		segment = strings.TrimSpace(segment)
		if len(segment) > width || !digits(segment) || found != (i+1 < len(widths)) {
			dst, _ = appendKey(dst[:0], code)
			return dst
		}
		for range width - len(segment) {
			dst = append(dst, '0')
		}
		dst = append(dst, segment...)
		rest = more
	}
	return dst
}

// memberSet is which codes of one system a release holds: 8 bytes a code, so that 100,000 codes in ten releases take 8 MB.
type memberSet struct {
	release, width int
	keys           []byte // sorted, each padded with zero bytes to width
	flags          []byte
}

func (m *memberSet) at(i int) []byte { return m.keys[i*m.width : (i+1)*m.width] }

func (m *memberSet) key(i int) string { return string(bytes.TrimRight(m.at(i), "\x00")) }

func (m *memberSet) find(key []byte) (flags byte, ok bool) {
	if len(key) > m.width || len(key) == 0 {
		return 0, false
	}
	low, high := 0, len(m.flags)
	for low < high {
		mid := int(uint(low+high) >> 1)
		if compareKey(m.at(mid), key) < 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < len(m.flags) && compareKey(m.at(low), key) == 0 {
		return m.flags[low], true
	}
	return 0, false
}

// compareKey compares a padded key with an unpadded one.
func compareKey(padded, key []byte) int {
	if c := bytes.Compare(padded[:len(key)], key); c != 0 {
		return c
	}
	if len(padded) > len(key) && padded[len(key)] != 0 {
		return 1
	}
	return 0
}

// under gives the index range of the keys that begin with prefix.
func (m *memberSet) under(prefix string) (from, to int) {
	n := len(m.flags)
	if len(prefix) > m.width {
		return 0, 0
	}
	p := []byte(prefix)
	from = sort.Search(n, func(i int) bool { return bytes.Compare(m.at(i)[:len(p)], p) >= 0 })
	to = from + sort.Search(n-from, func(i int) bool { return bytes.Compare(m.at(from + i)[:len(p)], p) > 0 })
	return from, to
}

// set is the members that a release holds of a system.
func (b *Book) set(system codes.System, release int) *memberSet {
	sets := b.members[system]
	for i := range sets {
		if sets[i].release == release {
			return &sets[i]
		}
	}
	return nil
}
