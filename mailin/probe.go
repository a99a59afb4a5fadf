package mailin

import (
	"context"

	"github.com/emersion/go-imap/v2"
)

// Look is what Probe sees of an account.
type Look struct {
	Encrypted bool
	Messages  int  // in the folder
	Deleted   int  // of them, bearing \Deleted
	Keywords  bool // $CaseConsultantDone can be set
	Idle      bool // the server announces new mail
	Move      bool // mails can be moved safely (MOVE, or UIDPLUS)
	// Destination: the folder of Config.Done exists; true when nothing is moved.
	Destination bool
}

// Probe connects, signs in and looks at the folder, without a ledger and without changing anything: for setting up and for diagnosis. Its error is a Fault, whose
// text says what to do.
func Probe(ctx context.Context, cfg Config) (Look, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return Look{}, err
	}
	to, err := parseURL(cfg.URL)
	if err != nil {
		return Look{}, err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := dial(ctx, cfg, to)
	if err != nil {
		return Look{}, err
	}
	defer conn.leave()
	look := Look{Encrypted: to.security != insecure, Destination: true}
	if cfg.Done.folder != "" {
		at, err := conn.find(cfg.Done.folder)
		if err != nil {
			return Look{}, err
		}
		look.Destination = at.exists
	}
	folder, err := openFolder(conn, cfg.Folder)
	if err != nil {
		return Look{}, err
	}
	deleted, err := folder.search("list", &imap.SearchCriteria{Flag: []imap.Flag{imap.FlagDeleted}})
	if err != nil {
		return Look{}, err
	}
	look.Messages, look.Deleted = int(folder.messages), len(deleted)
	look.Keywords = folder.keyword
	look.Idle, look.Move = folder.canIdle, folder.canMove || folder.canExpunge
	return look, nil
}
