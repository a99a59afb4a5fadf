package codebook

import (
	"context"
	"slices"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

// What is wrong with the length of an ICD-10-CM code.
const (
	SeventhMissing   = "missing"   // complete but for its seventh character: S72.001
	SeventhWrong     = "wrong"     // the seventh character is not one that the code takes: S72.001Z
	SeventhMisplaced = "misplaced" // the same characters exist with placeholders X elsewhere: W19.XXA for W19.XXXA
	SeventhNotTaken  = "not taken" // the code is complete and takes no seventh character: M54.50XA
)

// SeventhFault says what is wrong with the seventh character or the placeholders of an ICD-10-CM code that may not be reported on a day.
type SeventhFault struct {
	Kind string
	// Base is the code up to its sixth character, with placeholders ("W45.8XX"); of SeventhNotTaken the code that is complete.
	Base string
	// Characters are those with which the code exists, with their meanings and the codes that they make.
	Characters []SeventhCharacter
	// At is where the table of seventh characters stands; empty when no tabular list for the day is loaded and they are read from the list
	// of codes and its titles.
	At string
	// Release is the tabular list or the list of codes that says so.
	Release string
}

// SeventhFault finds it (Official Guidelines I.A.4 and I.A.5). ok is false when the code is right, or wrong in another way, or when no
// release holds the code set on that day (zero: today).
func (b *Book) SeventhFault(ctx context.Context, code string, on time.Time) (f SeventhFault, ok bool, err error) {
	key, d := keyOf(code), b.day(on)
	if release := b.decides(codes.ICD10CM, key, d); release < 0 || len(key) < 3 {
		return f, false, nil
	} else if f.Release = b.releases[release].Name; !isICD10CM(key) {
		return f, false, nil
	}
	m := b.nearestSet(codes.ICD10CM, key, d)
	if m == nil || b.reported(m, key) {
		return f, false, nil
	}
	kind, base := b.faultOf(m, key)
	if kind == "" {
		return f, false, nil
	}
	f.Kind, f.Base = kind, show(codes.ICD10CM, base)
	if kind == SeventhNotTaken {
		return f, true, nil
	}
	from, to := m.under(base)
	for i := from; i < to; i++ {
		full := m.key(i)
		if m.flags[i]&memberBillable == 0 || len(full) != 7 || kind == SeventhMisplaced && plain(full) != plain(key) && len(plain(full)) == len(plain(key)) {
			continue
		}
		title, err := b.titleIn(ctx, m.release, full)
		if err != nil {
			return f, false, err
		}
		f.Characters = append(f.Characters, SeventhCharacter{Character: full[6:], Code: show(codes.ICD10CM, full), Meaning: title})
	}
	own, found, err := b.SeventhCharacters(ctx, base, on)
	if err != nil {
		return f, false, err
	}
	if !found {
		meaningsFromTitles(f.Characters)
		return f, true, nil
	}
	f.At, f.Release = own.At, own.Release
	for i := range f.Characters {
		f.Characters[i].Meaning = ""
		if at := slices.IndexFunc(own.Characters, func(c SeventhCharacter) bool { return c.Character == f.Characters[i].Character }); at >= 0 {
			f.Characters[i].Meaning = own.Characters[at].Meaning
		}
	}
	return f, true, nil
}

// faultOf tells the kinds apart by the list of codes alone, and gives the base of the codes that are meant.
func (b *Book) faultOf(m *memberSet, key string) (kind, base string) {
	if len(key) < 7 {
		padded := key + strings.Repeat("X", 6-len(key))
		if b.onlySeventh(m, key, padded) {
			return SeventhMissing, padded
		}
	}
	if len(key) == 7 && b.onlySeventh(m, key[:6], key[:6]) {
		return SeventhWrong, key[:6]
	}
	// The same characters with the placeholders elsewhere: first with a seventh character, then without.
	if from, to := m.under(key[:3]); len(key) > 3 {
		short := ""
		for i := from; i < to; i++ {
			full := m.key(i)
			if len(full) != 7 || m.flags[i]&memberBillable == 0 || !strings.Contains(full[3:], "X") {
				continue
			}
			if plain(full) == plain(key) {
				return SeventhMisplaced, full[:6]
			}
			if short == "" && len(key) > 3 && strings.Contains(key[3:], "X") && plain(full[:6]) == plain(key) {
				short = full[:6]
			}
		}
		if short != "" {
			return SeventhMisplaced, short
		}
	}
	// A character too many behind a code that takes none.
	if n := len(key) - 1; n >= 3 && strings.IndexByte("ADS", key[n]) >= 0 {
		if whole := strings.TrimRight(key[:n], "X"); len(whole) >= 3 && b.reported(m, whole) {
			return SeventhNotTaken, whole
		}
	}
	return "", ""
}

// onlySeventh: everything that may be reported under key is padded and one character more.
func (b *Book) onlySeventh(m *memberSet, key, padded string) bool {
	from, to := m.under(key)
	any := false
	for i := from; i < to; i++ {
		if m.flags[i]&memberBillable == 0 {
			continue
		}
		if full := m.key(i); len(full) != 7 || full[:6] != padded {
			return false
		}
		any = true
	}
	return any
}

// plain is a key without the placeholders behind its category.
func plain(key string) string { return key[:3] + strings.ReplaceAll(key[3:], "X", "") }

// meaningsFromTitles cuts from the titles of sister codes what all of them begin with: "…, initial encounter" is left.
func meaningsFromTitles(list []SeventhCharacter) {
	if len(list) < 2 {
		for i := range list {
			if _, last, ok := strings.Cut(list[i].Meaning, ", "); ok {
				list[i].Meaning = last
			}
		}
		return
	}
	same := list[0].Meaning
	for _, c := range list[1:] {
		n := 0
		for n < min(len(same), len(c.Meaning)) && same[n] == c.Meaning[n] {
			n++
		}
		same = same[:n]
	}
	same = same[:strings.LastIndex(same, ", ")+1]
	for i := range list {
		list[i].Meaning = strings.TrimSpace(list[i].Meaning[len(same):])
	}
}
