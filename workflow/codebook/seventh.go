package codebook

import (
	"context"
	"strings"
	"time"

	"caseconsultant/workflow/codes"
)

// SeventhCharacters is the table of seventh characters that holds for an ICD-10-CM code.
type SeventhCharacters struct {
	// At is the code where the table stands, Level says how far above: "code", or "category" for a heading.
	At    string `json:"at"`
	Level string `json:"level"`
	// Base is the code with placeholders X up to its sixth character ("W45.8XX"), to which a character of the table is added (Official
	// Guidelines I.A.4 and I.A.5). Empty when further characters are needed first.
	Base string `json:"base"`
	// Meant is the code that the one asked for becomes when its last character is moved to the seventh place ("W45.8A": "W45.8XXA"); empty when
	// that does not exist, or the code itself does.
	Meant string `json:"meant,omitempty"`
	// Characters are those of the table; with a list of codes for the day and a Base, only those with which the code exists.
	Characters []SeventhCharacter `json:"characters"`
	// Notes are what the table says besides.
	Notes   []string `json:"notes"`
	Release string   `json:"release"`
}

// SeventhCharacter is one of a table, with its meaning and the code that it makes.
type SeventhCharacter struct {
	Character string `json:"character"`
	Meaning   string `json:"meaning"`
	Code      string `json:"code,omitempty"`
}

// SeventhCharacters gives the nearest table of seventh characters at or above an ICD-10-CM code on a day (zero: today). ok is false when
// the code has none, or when no tabular list for that day is loaded. Tables hold for what stands below them; some codes take fewer of the
// characters than their table has (a note says so), which the list of codes settles.
func (b *Book) SeventhCharacters(ctx context.Context, code string, on time.Time) (s SeventhCharacters, ok bool, err error) {
	notes, err := b.Notes(ctx, codes.ICD10CM, code, on)
	if err != nil {
		return s, false, err
	}
	for _, n := range notes {
		switch {
		case n.Kind == "seventh-character":
			character, meaning, _ := strings.Cut(n.Text, " ")
			s.Characters = append(s.Characters, SeventhCharacter{Character: character, Meaning: meaning})
			s.At, s.Level, s.Release = n.At, n.Level, n.Release
		case n.Kind == "seventh-character-note" && (s.At == "" || s.At == n.At):
			s.Notes = append(s.Notes, n.Text)
		}
	}
	if len(s.Characters) == 0 {
		return SeventhCharacters{}, false, nil
	}
	key := keyOf(code)
	base := key[:min(len(key), 6)]
	base += strings.Repeat("X", 6-len(base))
	m := b.nearestSet(codes.ICD10CM, key, b.day(on))
	if m == nil || b.starterRelease(m.release) {
		if len(key) >= 6 { // without a list of codes nobody knows whether more characters come before the seventh
			s.take(base, s.Characters)
		}
		return s, true, nil
	}
	if n := len(key) - 1; n >= 3 && n < 6 && !b.reported(m, key) {
		if moved := key[:n] + strings.Repeat("X", 6-n) + key[n:]; b.reported(m, moved) {
			s.Meant = show(codes.ICD10CM, moved)
		}
	}
	var exist []SeventhCharacter
	for _, c := range s.Characters {
		if b.reported(m, base+c.Character) {
			exist = append(exist, c)
		}
	}
	if len(exist) > 0 {
		s.take(base, exist)
	}
	return s, true, nil
}

// reported: the list has the code, and it may be reported.
func (b *Book) reported(m *memberSet, key string) bool {
	flags, found := m.find([]byte(key))
	return found && flags&memberBillable != 0
}

// take settles the base and writes out the codes.
func (s *SeventhCharacters) take(base string, characters []SeventhCharacter) {
	s.Base = show(codes.ICD10CM, base)
	s.Characters = characters
	for i := range s.Characters {
		s.Characters[i].Code = show(codes.ICD10CM, base+s.Characters[i].Character)
	}
}
