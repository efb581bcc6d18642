import type { CatalogTopic, TopicCatalog } from '@weirhouse/broker-coordination';
import type { MetadataImage, TopicImage } from '@weirhouse/broker-metadata';

/** The topics of the metadata image as consumer groups see them. */
export function groupTopics({ brokers, topics }: MetadataImage): TopicCatalog {
  const racksOf = (topic: TopicImage, partition: number): string[] =>
    (topic.partitions[partition]?.replicas ?? []).flatMap((id) => brokers.find(id)?.rack ?? []);
  const view = (topic: TopicImage | undefined): CatalogTopic | undefined =>
    topic && {
      name: topic.name,
      topicId: topic.topicId,
      partitionCount: topic.partitions.length,
      racksOf: (partition) => racksOf(topic, partition),
    };
  return {
    get version() {
      return topics.version;
    },
    find: (name) => view(topics.find(name)),
    findById: (topicId) => view(topics.findById(topicId)),
    *names() {
      for (const { name } of topics.values()) yield name;
    },
  };
}
