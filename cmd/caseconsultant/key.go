package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"

	"caseconsultant/workflow/store"
)

// key reads the installation's key from the environment or a command. ok is false when it lies in a file.
func (c *Config) key(ctx context.Context) (key store.Key, ok bool, err error) {
	var text string
	switch {
	case c.Keys.Env != "":
		if text = os.Getenv(c.Keys.Env); text == "" {
			return key, true, fmt.Errorf("the environment variable %s of [keys] env is not set; it must hold the installation's key", c.Keys.Env)
		}
	case len(c.Keys.Command) > 0:
		if text, err = runForSecret(ctx, filepath.Dir(c.path(c.File)), c.Keys.Command); err != nil {
			return key, true, fmt.Errorf("[keys] command: %w", err)
		}
	default:
		return key, false, nil
	}
	key, err = store.ParseKey(text)
	return key, true, err
}

// openStore opens and migrates the database under the installation's key. On an empty database a key file that does not
// exist is made; a key is never replaced, and never made for a database that another one has sealed.
func (c *Config) openStore(ctx context.Context) (*store.DB, error) {
	address, err := c.databaseURL(ctx)
	if err != nil {
		return nil, err
	}
	key, ok, err := c.key(ctx)
	if err != nil {
		return nil, err
	}
	if !ok {
		key, err = store.LoadKeyFile(c.Keys.File)
		if errors.Is(err, fs.ErrNotExist) {
			key, err = c.firstKey(ctx, address)
		}
		if err != nil {
			return nil, err
		}
	}
	return store.Open(ctx, store.Options{URL: address, Key: &key})
}

// databaseURL is the address of the database with its password, which stands in no file of ours.
func (c *Config) databaseURL(ctx context.Context) (string, error) {
	if !c.Database.Password.set() {
		return c.Database.Address, nil
	}
	password, err := c.Database.Password.Read(ctx)
	if err != nil {
		return "", fmt.Errorf("[database] %w", err)
	}
	u, err := url.Parse(c.Database.Address)
	if err != nil {
		return "", errors.New("the database url cannot be read; see [database] url")
	}
	u.User = url.UserPassword(u.User.Username(), password)
	return u.String(), nil
}

// firstKey makes the key file of a new installation. The lock under which databases are migrated keeps two processes
// that start at once from making two.
func (c *Config) firstKey(ctx context.Context, address string) (key store.Key, err error) {
	db, err := store.Open(ctx, store.Options{URL: address})
	if err != nil {
		return key, err
	}
	err = db.Exclusively(ctx, func() error {
		var sealed int
		if err := db.Read.QueryRowContext(ctx, `SELECT count(*) FROM installations`).Scan(&sealed); err != nil {
			return fmt.Errorf("look whether the database is new: %w", err)
		}
		if sealed > 0 {
			return fmt.Errorf("the key file %s is missing and the database was sealed with it: restore it from where you keep its copy (a new key could read nothing)", c.Keys.File)
		}
		if key, err = store.CreateKeyFile(c.Keys.File); errors.Is(err, fs.ErrExist) {
			key, err = store.LoadKeyFile(c.Keys.File) // another process was quicker
		}
		return err
	})
	return key, errors.Join(err, db.Close())
}
