/* libxml2 doing what one rule does: find /domain/devices, put an element in as its last child, write the text.
 * Reads "document LENGTH" and the bytes, then lines: "answer", or how often to repeat; prints the length and the
 * text, or nanoseconds. */
#define _POSIX_C_SOURCE 200809L
#include <libxml/parser.h>
#include <libxml/xpath.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static char *document;
static size_t document_length;
/* Compiled once, as a rule is. */
static xmlXPathCompExprPtr devices_path;

/* Counted under valgrind by this name. The text is the caller's to free. */
__attribute__((noinline)) xmlChar *edit(int *length) {
  xmlDocPtr doc = xmlReadMemory(document, (int)document_length, "domain.xml", NULL, XML_PARSE_NONET);
  if (doc == NULL) exit(2);
  xmlXPathContextPtr context = xmlXPathNewContext(doc);
  xmlXPathObjectPtr found = xmlXPathCompiledEval(devices_path, context);
  if (found == NULL || found->nodesetval == NULL || found->nodesetval->nodeNr != 1) exit(3);
  xmlNodePtr panic = xmlNewChild(found->nodesetval->nodeTab[0], NULL, BAD_CAST "panic", NULL);
  xmlNewProp(panic, BAD_CAST "model", BAD_CAST "hyperv");
  xmlChar *text = NULL;
  xmlDocDumpMemory(doc, &text, length);
  xmlXPathFreeObject(found);
  xmlXPathFreeContext(context);
  xmlFreeDoc(doc);
  return text;
}

/* Of the processor: waiting for it does not count. */
static long long nanoseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return now.tv_sec * 1000000000LL + now.tv_nsec;
}

int main(void) {
  char line[64];
  if (fgets(line, sizeof line, stdin) == NULL || sscanf(line, "document %zu", &document_length) != 1) return 2;
  document = malloc(document_length);
  if (document == NULL || fread(document, 1, document_length, stdin) != document_length) return 2;
  devices_path = xmlXPathCompile(BAD_CAST "/domain/devices");
  while (fgets(line, sizeof line, stdin) != NULL) {
    int length = 0;
    if (strcmp(line, "answer\n") == 0) {
      xmlChar *text = edit(&length);
      printf("%d\n", length);
      fwrite(text, 1, (size_t)length, stdout);
      xmlFree(text);
    } else {
      long times = atol(line);
      long long start = nanoseconds();
      for (long n = 0; n < times; n++) xmlFree(edit(&length));
      printf("%lld\n", nanoseconds() - start);
    }
    fflush(stdout);
  }
  return 0;
}
