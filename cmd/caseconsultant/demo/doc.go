// Package demo is a small world of mail on one machine: a post office with real IMAP and SMTP servers on loopback
// addresses, eighteen sample mails of fictitious askers, and a page in the browser on which a person can be any of them.
//
// It stands for what a consultancy has around CaseConsultant: its mail provider and its clients. Nothing of the product
// is here, and nothing of it is replaced: `demo` writes a configuration file that names these servers, and the Program
// of `serve` watches and sends by it as it would anywhere.
//
// The IMAP server is go-imap's imapserver over its imapmemserver, the SMTP server is go-smtp. What they keep lies in
// files besides, one a mail, so that a demo can be stopped and started again. Each start gives the folders a new
// UIDVALIDITY (RFC 9051 section 2.3.1.1), since the numbers of the mails in them are given anew; flags are not kept.
//
// The order of use: Open an Office, add its accounts with Add, point programs at IMAP and SMTP; Samples are the mails,
// Send hands one to the SMTP server as its sender; NewPage serves the mail page. Close ends the office.
//
// The package may touch loopback ports and the folder that it is given. It may read mails with mailin/message, as the
// product does.
package demo
