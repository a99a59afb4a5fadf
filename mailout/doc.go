// Package mailout writes and sends the product's mail.
//
// It knows letters, bytes and SMTP servers; it knows no case, no codebook and no
// database. What a letter says comes in as plain view structs ([Summary],
// [Acknowledgement], [Answer], [AskBack], [Notice]); what happened to a mail
// goes out as a [Receipt] or an [*Error] rich enough to decide on.
//
// # The world it lives in
//
// SMTP has one window in which neither side knows what the other knows: after
// the client has sent the final dot and before it has read the reply
// (RFC 5321 section 4.5.3.2.6, RFC 1047). Everything here is built around it. A
// mail is composed once, with its own Message-ID, and stored; what is sent are
// the stored bytes, however often; [Sender.Send] calls the caller back when all
// bytes but the dot are written, so that "sending" can be committed first; and
// [Error.Uncertain] is true exactly when the connection broke in that window.
// Servers are slow, silent, greylisting or full, so each phase has its own
// time limit, kept even against a server that says nothing.
//
// What goes out automatically answers nobody's automatic mail: RFC 3834's
// headers are set on it, with a loop header of our own.
//
// # What it may touch
//
// The SMTP server that it is configured for, and no other. It keeps no file,
// writes no log, and its errors hold phases and reply codes, never an address
// or a text: the server's full reply lies in [Error.Response] for the caller to
// seal.
//
// # Order of use
//
//  1. [NewLetters] once, with the firm's name; [NewSender] once, per SMTP account.
//  2. [Letters.Summary] and its sisters make a [Content] (subject, text, HTML).
//  3. [NewMessageID], then [Compose] a [Letter]: the bytes to store, read back
//     and compared before they are handed over.
//  4. [Sender.Send] the stored bytes; decide by the error; try again with the same
//     bytes, or ask a person when it is uncertain.
//  5. [Sender.Close] at the end. [Sender.Check] is for the doctor.
package mailout
