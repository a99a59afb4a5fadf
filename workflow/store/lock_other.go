//go:build !unix

package store

import (
	"context"
	"errors"
	"os"
)

// Without flock(2) a process's death is seen by its beat alone, and migrations rely on SQLite's own locks.
type fileLock struct{ f *os.File }

func lockFile(path string) (*fileLock, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	return &fileLock{f}, nil
}

func lockFileWait(_ context.Context, path string) (*fileLock, error) { return lockFile(path) }

func (l *fileLock) release() error { return l.f.Close() }

func (l *fileLock) remove() error { return errors.Join(l.f.Close(), os.Remove(l.f.Name())) }

func abandoned(string) (dead, known bool) { return false, false }
