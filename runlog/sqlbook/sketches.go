package sqlbook

import (
	"context"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"

	"labbook/runlog/event"
)

// valueBytes is how much of the digest of a value stands for it in table sketch.
const valueBytes = 8

func (a *applier) snapshot(e *event.Snapshot) error {
	digest, err := hex.DecodeString(e.Digest)
	if err != nil {
		return err
	}
	inserted, err := a.execCount("INSERT OR IGNORE INTO snapshot (digest, blob) VALUES (?, ?)", digest, e.Blob)
	if err != nil || inserted == 0 {
		return err
	}
	return a.addSketch(digest, e.Blob)
}

// addSketch lets a value be found by values that are near it. A snapshot that has no
// sketch, or that cannot be read, is kept without one.
func (a *applier) addSketch(digest, blob []byte) error {
	buckets, err := a.book.sketchOf(blob)
	if err != nil || len(digest) < valueBytes {
		return nil //nolint:nilerr // as said above: who reads the snapshot will say it
	}
	for _, bucket := range buckets {
		if err := a.addRow(a.bulks.sketches, int64(bucket), digest[:valueBytes:valueBytes]); err != nil {
			return err
		}
	}
	return nil
}

// removeSketch takes a snapshot that is about to go out of where it is found.
func (b *Book) removeSketch(ctx context.Context, tx *sql.Tx, digest []byte) error {
	var blob []byte
	if err := tx.QueryRowContext(ctx, "SELECT blob FROM snapshot WHERE digest = ?", digest).Scan(&blob); err != nil {
		return err
	}
	buckets, err := b.sketchOf(blob)
	if err != nil || len(digest) < valueBytes {
		return nil //nolint:nilerr // it was kept without one
	}
	for _, bucket := range buckets {
		if _, err := tx.ExecContext(ctx, "DELETE FROM sketch WHERE bucket = ? AND value = ?", int64(bucket), digest[:valueBytes]); err != nil {
			return err
		}
	}
	return nil
}

// removeSnapshots deletes up to limit snapshots of values that no key has.
func (b *Book) removeSnapshots(ctx context.Context, tx *sql.Tx, limit int) (int64, error) {
	rows, err := tx.QueryContext(ctx, `SELECT digest FROM snapshot
		WHERE NOT EXISTS (SELECT 1 FROM part WHERE part.digest = snapshot.digest) LIMIT ?`, limit)
	digests, err := collect(rows, err, func(row scanner) (digest []byte, err error) { return digest, row.Scan(&digest) })
	for _, digest := range digests {
		if err == nil {
			err = b.removeSketch(ctx, tx, digest)
		}
		if err == nil {
			_, err = tx.ExecContext(ctx, "DELETE FROM snapshot WHERE digest = ?", digest)
		}
	}
	return int64(len(digests)), err
}

// addAllSketches adds the sketches of all snapshots that lack them.
func (a *applier) addAllSketches() error {
	s, err := a.statement("SELECT digest, blob FROM snapshot WHERE digest > ? ORDER BY digest LIMIT 1")
	if err != nil {
		return err
	}
	for last := []byte{}; ; {
		var digest, blob []byte
		err := s.QueryRowContext(a.ctx, last).Scan(&digest, &blob)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err == nil {
			err = a.addSketch(digest, blob)
		}
		if err != nil {
			return fmt.Errorf("sketch of a snapshot: %w", err)
		}
		last = digest
	}
}

// deriveAnew makes the tables anew that are made from others.
func (b *Book) deriveAnew(ctx context.Context) error {
	return b.transactOn(ctx, func(conn *sql.Conn, tx *sql.Tx) error {
		for _, table := range derivedTables {
			if _, err := tx.ExecContext(ctx, "DELETE FROM "+table); err != nil {
				return err
			}
		}
		return b.derive(ctx, conn, tx)
	})
}

// derivedSchema is the schema that has them first.
const derivedSchema = 4

// derivedTables are those that are made from others.
var derivedTables = []string{"leave_one_out", "sketch"}

// derive adds to the tables that are made from others what is missing in them.
func (b *Book) derive(ctx context.Context, conn *sql.Conn, tx *sql.Tx) (err error) {
	a := b.newApplier(ctx, conn, tx)
	defer func() { err = errors.Join(err, a.closeBulks()) }()
	if err := a.addAllNeighbours(); err != nil {
		return err
	}
	if err := a.addAllSketches(); err != nil {
		return err
	}
	return a.flushRows()
}
