// Package templates holds everything that the product shows in fixed words and
// forms: the mails (mail/) and the desk's pages (desk/), embedded in the binary.
//
// # The world it lives in
//
// Mails are read in programs that we do not choose: on a telephone at 320
// pixels, in dark mode, without pictures, or as plain text in a column of 76.
// Each mail therefore has a text part of equal worth, laid out by the functions
// of this package (wrapping by display width, hanging indents, aligned
// columns), and an HTML part of one column with the styles inline.
// The desk's pages are read in a browser that we may expect to be current.
//
// # What it may touch
//
// Nothing: no file, no network, no clock, no database. It imports no other
// room of the house. Text is made by text/template, HTML by html/template,
// which escapes by context; the few functions that return HTML build it from
// text that they escape themselves.
//
// # Order of use
//
// Parse once at the start ([ParseMail] for the mails): a template that is missing
// or broken stops the program there, not at the first mail. Then render as
// often as needed; a parsed set is immutable and safe for concurrent use.
package templates
