// Package workflow is the line that a case runs along: from a mail that the watcher has kept to the answer that an SMTP
// server has taken.
//
//	read → extract → attach → route → send      (+ notify)
//
// Each step is a River job whose arguments are ids. A step reads, works without holding a transaction, and then writes
// its result, its event, the next job and its own completion in one transaction. Its first statement there names the
// step that it believes to be due, so that a second run beside the first changes nothing and sends nothing.
//
// The case tables know what is to be done; River only does it. A job is permission to look, never proof that a step is
// due: the reconciler compares our rows with River's unfinished jobs and inserts what is missing, and gives out again
// what a dead process held. All River jobs may be deleted at any time without harm.
//
// What a consultant does is in Office; what goes out is composed in letters.go and kept by the outbox (deliveries in
// casefile), and send.go hands it to the SMTP server.
//
// The order of use: Migrate, then New; Start runs the steps until Stop. Without Start a Line only inserts jobs, which
// is what short-lived commands do while another process serves.
//
// Libraries: riverqueue/river with riversqlite and riverdatabasesql, so that jobs commit with our own rows on both
// databases and the whole program stays on *sql.Tx; jackc/pgx only for River's listener on PostgreSQL.
package workflow
