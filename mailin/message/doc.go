// Package message turns the bytes of a mail into what a person reads: who wrote, when, about what, the readable text, which part of it is new,
// which is quoted history and which is the sign-off, and the attachments as streams of decoded bytes.
//
// The bytes come from strangers: from every mail program ever written, from gateways that rewrite, cut and stamp, and from people who want to
// hurt the reader. So the package has two rules. It always yields a usable Message, with the error and the problems beside it, because a mail
// that is hard to read is still somebody's question. And its memory is bounded by Limits, never by the mail: texts are collected up to a limit,
// attachments pass through as streams and are hashed on the way.
//
// The package is pure: no files, no network, no clock, no state. Distinct calls may run at the same time.
//
// Order of use:
//
//  1. ContentKey over the stored bytes says whether this mail is already known (DESIGN, "Doubles").
//  2. Parse reads the mail. Options.Attachment receives each attachment while the mail passes by.
//  3. If Parse had killed the process on this mail before, Fallback reads it without understanding MIME at all, so that even such a mail
//     reaches a person.
//
// MIME structure is read by a scanner of lines of our own (scanner.go), because real mail breaks the rules in ways that a strict reader answers
// with an error and no text: boundaries that are missing, wrong or never closed, header lines that are none, base64 with holes. Well-formed
// addresses and dates go through net/mail, charsets through WHATWG's table and go-message's registry; what those refuse, the repair layer of
// this package reads leniently, and says so in Message.Problems. A charset that is not stated, or cannot be the one stated, is told by what the
// bytes say in each (detect.go). winmail.dat of Outlook is unpacked (tnef.go), and RTF read by mailin/rtf. What is no body by its kind, or stands outside all parts, is
// read only where a mail has no other text (spare.go).
//
// What is new is told line by line (split.go): by the marks that programs put in their pages (htmlmarks.go), by ">" (quoting.go), by the lines over
// a quote (attribution.go), by header blocks and marks between rules (headerblock.go, linemarks.go), in the words of phrases.go; then the sign-off
// is taken off what is left (signoff.go, contact.go, sentfrom.go, notices.go). Whoever finds a mail that is told wrongly adds it to
// testdata/replies, without writing Go.
package message
