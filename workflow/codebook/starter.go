package codebook

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
)

//go:embed starter/*.tsv
var embedded embed.FS

// starterFiles is the folder of the embedded tables.
func starterFiles() fs.FS {
	sub, err := fs.Sub(embedded, "starter")
	if err != nil {
		panic(err) // the folder is part of the program
	}
	return sub
}

// OpenStarter opens the embedded starter codebook. At first use its tables are compiled, by the code of Build, into a file in cacheDir
// named by their content, so that a new version of the program makes a new one and several versions live side by side. An empty cacheDir
// is "caseconsultant" in the user's cache folder. Where nothing can be written, a temporary file is used and removed by Close.
//
// Processes that start at once do not disturb each other: each writes a file of its own and renames it into place.
func OpenStarter(ctx context.Context, cacheDir string) (*Book, error) {
	return openStarter(ctx, starterFiles(), cacheDir)
}

func openStarter(ctx context.Context, files fs.FS, cacheDir string) (*Book, error) {
	sum, err := hashFiles(files)
	if err != nil {
		return nil, err
	}
	if cacheDir == "" {
		if dir, err := os.UserCacheDir(); err == nil {
			cacheDir = filepath.Join(dir, "caseconsultant")
		}
	}
	var path string
	if cacheDir != "" {
		path = filepath.Join(cacheDir, "starter-v"+strconv.Itoa(schemaVersion)+"-"+sum[:16]+".codebook")
		if book, err := Open(ctx, path); err == nil {
			if book.meta["content"] == sum {
				return book, nil
			}
			book.Close() // not what its name says: made anew below
		}
	}
	ed, err := readStarter(files)
	if err != nil {
		return nil, err
	}
	ed.sha = sum
	lib, meta := merge([]*edition{ed}), map[string]string{"kind": "starter", "content": sum}
	if path != "" && os.MkdirAll(cacheDir, 0o755) == nil {
		if err := compile(ctx, lib, path, meta, nil); err == nil {
			return Open(ctx, path)
		} else if ctx.Err() != nil {
			return nil, err
		}
		// A read-only or full disk must not keep anyone from looking a code up.
	}
	dir, err := os.MkdirTemp("", "caseconsultant-starter-")
	if err != nil {
		return nil, fmt.Errorf("compiling the starter codebook: %q cannot be written and there is no temporary folder either: %w", cacheDir, err)
	}
	path = filepath.Join(dir, "starter.codebook")
	err = compile(ctx, lib, path, meta, nil)
	if err == nil {
		var book *Book
		if book, err = Open(ctx, path); err == nil {
			book.remove = dir
			return book, nil
		}
	}
	os.RemoveAll(dir)
	return nil, fmt.Errorf("compiling the starter codebook: %w", err)
}
