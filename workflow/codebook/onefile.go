package codebook

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"
)

// connections is how many look-ups read a book at once.
const connections = 4

// errReplaced: another file has taken the name since the book was opened.
var errReplaced = errors.New("the codebook's file was replaced while it was opened")

// openOneFile opens a file with all the connections that it will ever have: a pool that opens them when they are needed would find another
// file under the name after a rename, and one look-up would read the old book and the next one the new.
func openOneFile(ctx context.Context, path, dsn string) (*sql.DB, error) {
	for attempt := 1; ; attempt++ {
		info, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		db, err := openAll(ctx, &oneFile{path: path, dsn: dsn, info: info})
		if err == nil {
			return db, nil
		}
		if attempt == 3 || !errors.Is(err, errReplaced) {
			return nil, err
		}
	}
}

func openAll(ctx context.Context, file *oneFile) (*sql.DB, error) {
	lookup, err := sql.Open("sqlite", "") // opens nothing: it is asked for its driver
	if err != nil {
		return nil, err
	}
	file.driver = lookup.Driver()
	if err := lookup.Close(); err != nil {
		return nil, err
	}
	db := sql.OpenDB(file)
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	var all []*sql.Conn
	for range connections {
		conn, connErr := db.Conn(ctx)
		if connErr != nil {
			err = connErr
			break
		}
		all = append(all, conn)
	}
	for _, conn := range all {
		err = errors.Join(err, conn.Close()) // back into the pool
	}
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}

// oneFile connects to a path as long as it names the same file.
type oneFile struct {
	path, dsn string
	info      os.FileInfo
	driver    driver.Driver
}

// Connect implements driver.Connector.
func (f *oneFile) Connect(context.Context) (driver.Conn, error) {
	conn, err := f.driver.Open(f.dsn)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(f.path) // after it was opened
	if err == nil && !os.SameFile(info, f.info) {
		err = fmt.Errorf("%s: %w", f.path, errReplaced)
	}
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// Driver implements driver.Connector.
func (f *oneFile) Driver() driver.Driver { return f.driver }
