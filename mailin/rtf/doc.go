// Package rtf reads Rich Text Format: the bodies in a winmail.dat of Outlook, and the .rtf files that are attached to mails.
//
// It knows the format (version 1.9.1 of its specification): groups and what ends with them, destinations, control words that stand for text,
// the fonts with their code pages and symbols, \u with the characters that follow it for readers that know no Unicode, \bin, tables, notes,
// and pages of HTML that Outlook has wrapped in RTF (MS-OXRTFEX). What the text looks like is not its business: a Page takes lines, cells and
// pieces that stand aside in their order, and lays them out.
//
// The bytes come from strangers. They are read once, from front to back, without recursion: the stack of groups, the table of fonts and what
// is held back of the text are bounded, the time is linear, and no bytes are an error. A file that ends early yields what it held.
//
// The package is pure: it touches no file, no network and no clock, only the io.Reader that it is given, and imports no other room. Bytes of
// a code page are turned into text by a function of the caller, who knows character sets. It keeps no state; distinct calls may run at the
// same time.
//
// Order of use: Read for a stream, or ReadBytes; Asides for a Page that writes notes behind the text.
package rtf
