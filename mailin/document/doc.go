// Package document turns attachments into text, so that the codes in an operative note, a denial letter or a
// spreadsheet are found like those in a mail.
//
// The bytes come from strangers, and the formats are among the most attacked there are. So the package has two sides.
// The parent ([Reader]) never parses a foreign byte: it starts a child process of the same program for each document,
// hands it the bytes, and takes text from it piece by piece, for as long as the time allows. The child ([Child]) has no
// environment, an empty working folder, hard limits of memory, processor time and file size set by itself before it
// reads anything, on Linux no calls that reach the network, change files or touch other processes, and is killed with all
// it has started at the deadline. What kills a child costs one document, never
// the program: a person reads what went wrong.
//
// What a document is, is found by looking at its bytes ([Sniff]), never by its name or by what the mail claims.
//
// Nothing of a document ever runs: no macro, no script, no link is followed, no entity is expanded, no formula computed.
//
// Order of use: NewReader once; while a mail passes by, SniffStream to see whether an attachment is worth reading and Spool
// to set it aside; Reader.Read for each.
// The package may touch mailin/message (mails and HTML within documents are read by it), mailin/rtf, processes and temporary files.
package document
