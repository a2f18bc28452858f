package main

import (
	"archive/tar"
	"bytes"
	"math/rand"
	"strconv"
	"strings"
	"time"
)

// Of any size that a field of a header tells from others.
func fieldNumber(r *rand.Rand, usual int64) int64 {
	edges := []int64{0, 1<<21 - 1, 1 << 21, 1<<31 - 1, 1 << 31, 1<<33 - 1, 1 << 33, 1<<56 - 1, 1 << 56, 1<<63 - 1}
	switch r.Intn(8) {
	case 0:
		return edges[r.Intn(len(edges))]
	case 1:
		return -edges[r.Intn(len(edges))] - r.Int63n(2)
	case 2:
		return r.Int63() >> r.Intn(63)
	}
	return r.Int63n(usual)
}

// Of a length at which headers change their form, or a short one.
func fieldText(r *rand.Rand, usual int) string {
	sizes := []int{r.Intn(usual), r.Intn(usual), 31 + r.Intn(3), 98 + r.Intn(5), 153 + r.Intn(5), 254 + r.Intn(5), r.Intn(400)}
	size := sizes[r.Intn(len(sizes))]
	letters, others := "abcdefghijklmnopqrstuvwxyz0123456789-._+", []string{}
	switch r.Intn(10) {
	case 0:
		others = []string{"é", "ß", "本", "\U0001f600", "\u2028"}
	case 1:
		others = []string{"\x00", "\xff", "\xc3", "=", "\n", " ", "\x7f", "\x01"}
	}
	var text strings.Builder
	for text.Len() < size {
		switch {
		case r.Intn(9) == 0:
			text.WriteByte('/')
		case len(others) > 0 && r.Intn(6) == 0:
			text.WriteString(others[r.Intn(len(others))])
		default:
			text.WriteByte(letters[r.Intn(len(letters))])
		}
	}
	if r.Intn(10) == 0 {
		text.WriteByte('/')
	}
	return text.String()
}

func tarHeader(r *rand.Rand) question {
	header := tar.Header{Typeflag: "0023456"[r.Intn(7)], Name: fieldText(r, 60), Uname: "root", Gname: "root",
		Mode: r.Int63n(0o10000), ModTime: time.Unix(1, 0)}
	if header.Typeflag == tar.TypeSymlink || r.Intn(20) == 0 {
		header.Linkname = fieldText(r, 60)
	}
	if r.Intn(2) == 0 {
		header.Uid, header.Gid = int(fieldNumber(r, 70000)), int(fieldNumber(r, 70000))
	}
	if r.Intn(5) == 0 {
		header.Mode = fieldNumber(r, 0o10000)
	}
	if r.Intn(5) == 0 {
		header.Uname, header.Gname = fieldText(r, 20), fieldText(r, 20)
	}
	if header.Typeflag == tar.TypeReg {
		if header.Size = fieldNumber(r, 1<<20); header.Size < 0 {
			header.Size = -(header.Size + 1)
		}
	}
	if header.Typeflag == tar.TypeChar || header.Typeflag == tar.TypeBlock || r.Intn(30) == 0 {
		header.Devmajor, header.Devminor = fieldNumber(r, 256), fieldNumber(r, 256)
	}
	if r.Intn(4) == 0 {
		header.ModTime = time.Unix(r.Int63n(1<<33), 0)
	}
	texts := []string{"tar", string(header.Typeflag), header.Name, header.Linkname, header.Uname, header.Gname}
	for _, value := range []int64{header.Mode, int64(header.Uid), int64(header.Gid), header.Size, header.ModTime.Unix(),
		header.Devmajor, header.Devminor} {
		texts = append(texts, strconv.FormatInt(value, 10))
	}
	if r.Intn(6) == 0 {
		header.PAXRecords = map[string]string{}
		for n := 1 + r.Intn(3); n > 0; n-- {
			key := "user." + fieldText(r, 20)
			if _, known := header.PAXRecords["SCHILY.xattr."+key]; known {
				continue
			}
			value := fieldText(r, 30)
			header.PAXRecords["SCHILY.xattr."+key] = value
			texts = append(texts, key, value)
		}
	}
	var written bytes.Buffer
	err := tar.NewWriter(&written).WriteHeader(&header)
	return question{texts: texts, value: written.String(), err: err}
}
