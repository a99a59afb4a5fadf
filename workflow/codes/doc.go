// Package codes knows how medical code systems are written, and finds the
// places in a text that name a code.
//
// It lives in the world of case emails: coders, physicians, billers and
// patients write "31297-50 with 31288, Medicare, DOS 3/2/26" between phone
// numbers, ZIP codes, claim numbers and money that look just like codes. The
// package reads such texts as a careful coder would. It is pure: it opens no
// file, asks no database, keeps nothing between calls, and imports nothing but
// the standard library. All functions may be called from many goroutines.
//
// Order of use: [Read] takes all texts of one message and says what the
// message says (mentions with group and role, references, dates, payer,
// topics, kind, intent). [Find] is the scanner below it, for one text.
// [Explain] shows the same decisions with the signs for and against each
// candidate. [Normalize] and [SystemsOf] serve a code typed on its own.
//
// How a place is judged: one pass cuts the text into words, numbers and
// marks; each that has the shape of a code becomes a candidate and collects
// signs (bits, no strings) from its neighbours: a label ("CPT 31297"), a
// billing word in the sentence, an attached modifier, membership of a list or
// table column speak for it; a ZIP, a phone, money, an id noun ("claim
// 31297"), a unit of measure speak against it. [Options].Known, when given,
// adds whether the code exists; it may tip a candidate that the text leaves
// open and never overrules a label.
//
// Source of the syntax: the code sets' own published files; see syntax.go for
// each system.
package codes
