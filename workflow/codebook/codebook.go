package codebook

import (
	"time"

	"caseconsultant/workflow/codes"
)

// Entry is what the book holds about one code as of a day: the JSON object of `lookup --json`.
type Entry struct {
	System codes.System `json:"system"`
	// Code is written as the code set does: upper case, ICD-10-CM with its dot.
	Code string `json:"code"`
	// Valid: the code exists in the release in force on the day, headings included. With nothing but the starter's list it means that
	// the code is listed and not known to have ended; Status says which of the two it is.
	Valid bool `json:"valid"`
	// Billable: it may be reported on that day. A heading is valid and not billable.
	Billable bool `json:"billable"`
	// Title is the best one-line name: the official one where we may show it, else our own.
	Title string `json:"title"`
	// Descriptions say what it means, official words first, then ours, in reading order.
	Descriptions []Description `json:"descriptions"`
	// Parents are the headings above it, nearest last ("A00", "A00.0").
	Parents []string `json:"parents"`
	// Status says in a sentence or two what is known on that day and from where.
	Status string `json:"status"`
	// Flags are short facts by name: "heading", "added", "terminated", "coverage", "replaced_by", "category", "starter" ...
	Flags map[string]string `json:"flags"`
	// Release names what answered: "ICD-10-CM FY2021 from 1 Jan 2021", "CaseConsultant starter". Empty when nothing answers for that day.
	Release string `json:"release"`
	// Facts are those of edits and fee schedules; only AddFacts fills them.
	Facts
	// Details are crosswalks, coverage, drugs and the like; only AddDetails fills them.
	Details
	// Place is what stands above and beside it; only AddPlace fills it.
	Place
}

// The kinds of descriptions. Official words and ours are never mixed in one.
const (
	KindOfficial = "official"  // the code set's own long text
	KindMedium   = "medium"    // the code set's own medium text: CPT's, of at most 48 characters
	KindShort    = "short"     // a short form: the code set's own, or our title
	KindCommon   = "common"    // in common words, ours: what is done, what it is
	KindUsedWhen = "used-when" // ours: when it is used
	KindIncluded = "included"  // one statement about what belongs to it, with its source
	KindSeparate = "separate"  // one statement about what is reported separately, with its source

	KindDefinition = "definition" // the code set's own definition, longer than its title
	KindConsumer   = "consumer"   // the code set's own words for patients: CPT's consumer friendly descriptors
	KindClinician  = "clinician"  // the code set's own words of clinicians, several a code
)

// NotReviewed is the ReviewedBy of our own words that no certified coder has looked at yet.
const NotReviewed = "not yet reviewed by a certified coder"

// Description is one text about a code.
type Description struct {
	Kind string `json:"kind"`
	Text string `json:"text"`
	// Source says where it is from: a file and release, or "CaseConsultant starter, own words" with author and date. An included or
	// separate statement has the source that it rests on.
	Source string `json:"source"`
	// Copyright is the line that must stand beside the text wherever it is shown; empty for public domain and for our own words.
	Copyright string `json:"copyright"`
	// ReviewedBy says who checked our own words, with credential and date, or NotReviewed. Empty for official texts.
	ReviewedBy string `json:"reviewed_by"`
	// Licence names the licence without which it may not be shown ("cpt"); empty for what is free. A book leaves such texts out unless
	// it is asked through a view that allows them (see Book.Licensed).
	Licence string `json:"licence,omitempty"`
}

// Note is an instruction of a code set's tabular list that bears on a code: its own or one inherited from a heading above.
type Note struct {
	// Kind is "inclusion-term", "includes", "excludes1", "excludes2", "code-first", "use-additional", "code-also", "note",
	// "seventh-character-note", "seventh-character" or "visual-impairment".
	Kind string `json:"kind"`
	// Text is the note as published. Of a "seventh-character" it is the character, a space, and its meaning.
	Text string `json:"text"`
	// At is the code, block ("A00-A09") or chapter ("chapter 1") where it stands.
	At string `json:"at"`
	// Level is "code" (At is the code itself), "category" (a heading above it), "block" or "chapter".
	Level string `json:"level"`
	// Release names the tabular list.
	Release string `json:"release"`
}

// Hit is one result of Search: the JSON object of `search --json`.
type Hit struct {
	System codes.System `json:"system"`
	Code   string       `json:"code"`
	Title  string       `json:"title"`
	// Kind says what matched: "code" (the code itself was typed), "prefix" (it begins with what was typed), "title", "words" (keywords,
	// inclusion terms, our own text), or "similar" (only after correcting the spelling).
	Kind string `json:"kind"`
	// Score is higher for better hits; comparable within one search only.
	Score float64 `json:"score"`
	// Licence is that of the title, as in Description; empty for a free one. The line that must stand beside it is the description's.
	Licence string `json:"licence,omitempty"`
}

// SearchOptions narrow a search. The zero value searches everything in force today for twenty hits.
type SearchOptions struct {
	// System keeps to one code system; empty is all.
	System codes.System
	// Limit is the largest number of hits. Defaults to 20, at most 200.
	Limit int
	// On is the day as of which codes must exist, as far as a loaded release covers it. Defaults to today.
	On time.Time
	// Chapter keeps to one chapter by its ID ("13", "J", "surgery-eyes"; see Chapters) or the beginning of its ID ("surgery"). Empty is all.
	Chapter string
	// Billable leaves out headings, which may not be reported.
	Billable bool
}

// Release is one edition of one code set in the book, and the days for which it answers.
//
// A release answers from its first day until the next loaded one of its kind, at most to the end of the period that it was made for:
// ICD-10 its fiscal year (45 CFR 162.1002 adopts the code set in force on the date of service or discharge), HCPCS its quarter, or its
// calendar year when the file is the annual one. Within it HCPCS rows have their own dates. A fee schedule answers for the days of its
// calendar year before it too, when no earlier one of that year is loaded; PTP and add-on edits carry their own dates, so that the newest file
// answers for all days to the end of its quarter; MUE and Addendum B are for their quarter and no other day.
type Release struct {
	// Kind groups editions that replace each other: "icd10cm", "icd10cm-tabular", "icd10pcs", "hcpcs", "starter", "mpfs", "gpci",
	// "ncci-ptp-practitioner", "ncci-mue-hospital", "ncci-add-on", "opps-addendum-b" ...
	Kind string `json:"kind"`
	// Name is for people: "ICD-10-CM FY2021 from 1 Jan 2021".
	Name string `json:"name"`
	// File is the base name of the file that it came from, with the archive's name before it ("a.zip/b.txt").
	File string `json:"file"`
	// SHA256 is that file's, in hex.
	SHA256 string `json:"sha256"`
	// First and Last are the first and last day for which it answers, as YYYY-MM-DD. Empty for the starter, which answers where no other does.
	First string `json:"first"`
	Last  string `json:"last"`
	// MadeUntil is the end of the period that it was made for; Last is earlier when a later release of the kind is loaded.
	MadeUntil string `json:"made_until"`
	// Whole: it holds its code set whole, so that a code missing from it does not exist. Never true for the starter.
	Whole bool `json:"whole"`
	// Titles: it has the official titles. A bare list of codes has none.
	Titles bool `json:"titles"`
	// Codes are those that may be reported, Headings those that need more characters.
	Codes    int `json:"codes"`
	Headings int `json:"headings"`
	// Facts counts what it holds besides codes: pairs, limits, fees. A code of such a release is one that the file names.
	Facts int `json:"facts"`
	// Licence names the terms that the file is under; empty for public domain.
	Licence string `json:"licence"`
}
