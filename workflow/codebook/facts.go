package codebook

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// facts are what an edition holds besides codes: edits, limits, fees, crosswalks. They are stored in tables of their own (factTables) and
// asked by methods of their own.
//
// A further sort of file plugs in so: a constant for its kind (one for each setting whose editions replace each other alone) in kinds.go; a
// file with a type that has these methods, its CREATE TABLE text for factTables, its importer for importers, which returns an edition with
// facts set (which is a lister where the codes that it names shall count as seen), and the Book methods that read the table. Where an edition
// comes in several files the type is a joiner too; where the same edition is published in several layouts it is a comparer and the edition
// has a rank.
type facts interface {
	// rows counts them, for the report, the progress bar and the check that nothing shrank.
	rows() int
	// describe says for the report what they are: "15,095 limits".
	describe() string
	// write stores them as those of a release, in an order that the input files' order does not change.
	write(w *writer, release int)
}

// joiner: an edition comes in several files, each with a part of it.
type joiner interface {
	// join takes the rows of another part, which comes after it by the files' names. An error says which rows cannot both hold.
	join(part facts) error
}

// lister: which codes an edition names is told by its facts once all parts have joined.
type lister interface {
	codeRows() []row
}

// parted: the names of the parts have numbers.
type parted interface {
	// gaps says which are missing, "" if none.
	gaps() string
}

// comparer: the same edition is published in several layouts, of which the one that holds more (edition.rank) is used.
type comparer interface {
	// differs says what another layout has otherwise, "" if nothing.
	differs(other facts) string
}

// settler: what an edition is called, or whether it is whole, shows only when all its parts are there.
type settler interface {
	// settled may change the edition that holds the facts, after all parts have joined. An error says which part is missing.
	settled(ed *edition) error
}

// joinEditions adds a part to an edition. The hash of the whole is the hash of the parts' hashes.
func joinEditions(whole, part *edition) error {
	if err := whole.facts.(joiner).join(part.facts); err != nil {
		return fmt.Errorf("building a codebook: %s and %s are both %s: %w", whole.file, part.file, whole.name, err)
	}
	whole.parts = append(whole.parts, part.file)
	sum := sha256.Sum256([]byte(whole.sha + "\n" + part.sha))
	whole.sha = hex.EncodeToString(sum[:])
	whole.whole = whole.whole || part.whole
	return nil
}

// fileNames names an edition's files for people.
func (ed *edition) fileNames() string {
	return strings.Join(append([]string{ed.file}, ed.parts...), ", ")
}

// counted writes a number as people read it: 15,095.
func counted(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
