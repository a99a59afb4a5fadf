// Package codebook is the reference that everything else asks what a code means: an immutable SQLite file, compiled from the official
// files as published, opened read-only, holding several releases of each code set side by side, so that every look-up is as of a date.
//
// The world it lives in: ICD-10-CM changes each 1 October and often on 1 April, HCPCS and the NCCI edits every quarter, and a claim is
// judged by the release in force on its date of service, not by today's. The files carry no dates of their own (ICD) or dates per row
// (HCPCS, PTP edits); which release answers for a day is settled here (see Release). CPT is the American Medical Association's and is not
// in any public file: without a licensee's own file this package holds only that a code exists, where that was seen, and descriptions in
// our own words. With one its texts are in the book, and hidden until a view allows them (Book.Licensed).
//
// # Two kinds of books
//
//   - The starter: embedded tables (starter/*.tsv) in our own words, compiled at first use into a cache file named by its content. It holds
//     no code set whole, says so in every Status, and never lets Known answer "not a member".
//   - A built one: `caseconsultant codes build`, that is Build, reads official files and writes one file. It holds the starter's words too.
//
// Besides code sets a built one holds facts about codes: the NCCI edits (PTP, MUE, AddOn), the Medicare fee schedule (Fee, Localities,
// Anesthesia), what hospitals and surgical centers are paid (OPPS, ASC), crosswalks and groups (Crosswalks, DRG), drugs (NDC, DrugLinks),
// coverage documents (Coverage), and the passages of rule books (Passages). An answer names its release, and says or lets be asked whether
// a loaded one covers the day at all: silence of a file that is not there means nothing. AMA's descriptors are never taken from Medicare's
// files.
//
// # Order of use
//
// A caller opens a book (OpenStarter or Open), asks from any number of goroutines, and closes it. Lookup gives the Entry of a code; AddFacts,
// AddDetails and AddPlace each add to it what takes further reading. Find and Search lead from words to codes, Passages from a question to
// the section that answers it, Known decides between readings of a text from a set in memory. The file may be replaced by a rename while it
// is open: a Book keeps the old content, a Live takes the new one in between two pieces of work.
//
// Policy is apart from all books: the small dated table of what holds for a time and stands in no code set's file.
//
// # What lies where
//
//   - what callers hold: codebook.go, book.go (with onefile.go and statements.go below it), live.go, licensed.go, own.go
//   - one code: lookup.go, notes.go, expand.go, nearest.go, chapters.go, place.go; medicare.go and details.go gather the facts of an Entry
//   - words to codes: search.go, query.go, rank.go, docs.go, words.go, spelling.go, shorthand.go, marks.go, vocabulary.go (vocabulary/*.tsv)
//     and lexicon.go; licensedsearch.go for texts under a licence
//   - building: build.go (the whole of it), input.go (files, folders, archives, FileError), recognise.go and sources.go (which importer reads
//     a file), edition.go, period.go and kinds.go (which edition a file is, and for which days), facts.go (what an edition holds besides
//     codes), write.go, record.go and schema.go (the file), acceptance.go, stale.go
//   - reading, shared by the importers: lines.go (lines and fixed columns), sheet.go (tables, whichever way they are written, by the captions
//     above their data), grid.go (tables with one header row), workbook.go (.xlsx), xmlreader.go, day.go, decimal.go, syntax.go
//   - importers of code sets: icd10*.go, pcsdefinitions.go, seventh.go, hcpcs*.go, cpt.go, msdrg.go, pos.go, gems.go
//   - importers of edits and fees: ptp.go and pairs.go, mue.go, addon.go, pprrvu.go and fees.go, locality*.go, countyread.go, opps.go
//   - importers of drugs and coverage: ndc*.go, coverage*.go
//   - rule books: rulebook*.go read them, passages.go, inquiry.go (passages.tsv) and passagerank.go answer from them
//   - our own tables: starter.go and tsv.go (starter/*.tsv), policy.go (policy.tsv)
//
// # How an importer plugs in
//
// An importer is three things in the list of recognise.go: the name of the kind of file, a function that recognises it by its beginning
// (layouts drift less than names), and one that reads it into an edition: rows of codes, notes, terms, facts. The rest happens to all editions
// alike: parts and layouts of one edition are brought together, releases are cut at the next of their kind, nothing may shrink unseen, and the
// same inputs give the same bytes. A sort of fact that is new also brings a table and the methods that read it; the type facts says how. A
// reader reports what is wrong as a FileError with line and column, made by the fault method of what it reads with, and returns it from the
// function given to eachLine, eachRow or grid.each, which gather up to ten.
//
// The package may touch the file system (the book, the cache, the inputs of a build, an override of the policy) and nothing else: no network
// (package fetch below it downloads), no clock but for "today" when a caller gives no date, and for when a Live met a fault.
package codebook
