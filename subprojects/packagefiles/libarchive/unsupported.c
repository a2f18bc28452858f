/* The one function of archive_write_set_format.c that pax calls; the rest of that file names every format there is. */
#include "archive_platform.h"
#include <errno.h>

#include "archive.h"
#include "archive_write_set_format_private.h"

void __archive_write_entry_filetype_unsupported(struct archive *writer, struct archive_entry *entry, const char *format) {
  (void)entry;
  archive_set_error(writer, ARCHIVE_ERRNO_FILE_FORMAT, "%s archives hold no file of this kind", format);
}
